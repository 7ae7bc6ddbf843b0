// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE("plugin");

extern "C" [[gnu::visibility("default")]] int say(int number) {
    int said = 0;
    NANOTEL_LOG_INFO("the plugin says {}", (++said, number), "key"_attr = "of the plugin");
    NANOTEL_LOG_ERROR("the plugin complains {:.1f}", (++said, 0.5 * number), "key"_attr = "of the plugin");
    return said;
}
