// SPDX-License-Identifier: MIT
// The resource of this process: what is detected, then the environment, then the options, the last the
// strongest (OpenTelemetry Resource SDK).
#pragma once

#include <nanotel/pipeline/options.hpp>
#include <nanotel/resource/detectors.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline resource make_resource(const options& given, std::string_view instance_id) {
    resource described;
    described.set("telemetry.sdk.name", "nanotel");
    described.set("telemetry.sdk.language", "cpp");
    described.set("telemetry.sdk.version", NANOTEL_VERSION);
    described.set("telemetry.distro.name", "nanotel");
    described.set("telemetry.distro.version", NANOTEL_VERSION);
    const resource_detector_set wanted =
        given.resource_detectors ? *given.resource_detectors : resource_detectors_of(given.environment);
    resource_detector(wanted, described).detect(instance_id);
    if (const auto name = given.environment.text("ENVIRONMENT"))
        described.set("deployment.environment.name", *name);
    if (const auto pairs = given.environment.key_values("OTEL_RESOURCE_ATTRIBUTES"))
        for (const auto& [key, value] : *pairs) described.set(key, value);
    if (const auto name = given.environment.text("OTEL_SERVICE_NAME")) described.set("service.name", *name);
    for (const auto& [key, value] : given.resource_attributes) described.set(key, value);
    if (!given.service_name.empty()) described.set("service.name", given.service_name);
    if (!given.service_version.empty()) described.set("service.version", given.service_version);
    if (!described.find("service.name"))
        described.set("service.name", resource_detector::fallback_service_name(wanted.root));
    return described;
}

// What is in it as the processor wants it.
inline resource process_resource(const resource& described, const text_processor& processor) {
    resource made;
    for (const auto& [key, value] : described.attributes()) {
        std::string instead;
        const auto* const text = std::get_if<std::string>(&value);
        if (text ? processor.replace(text_place::resource, key, *text, instead)
                 : processor.replace_whole(text_place::resource, key, value.index() < 4, instead)) {
            made.set(key, std::move(instead));
            continue;
        }
        resource_value kept = value;
        if (auto* const list = std::get_if<std::vector<std::string>>(&kept))
            for (std::string& one : *list) {
                std::string other;
                if (processor.replace(text_place::resource, key, one, other)) one = std::move(other);
            }
        made.set(key, std::move(kept));
    }
    return made;
}

// What a resource says of one process, and a child is another: also where the parent's was given by the
// application or the environment, since two processes with one id are one to whoever receives them.
inline void renew_identity(resource& described, std::string_view instance_id) {
    if (described.find("process.pid")) described.set("process.pid", static_cast<std::int64_t>(::getpid()));
    if (described.find("process.parent_pid"))
        described.set("process.parent_pid", static_cast<std::int64_t>(::getppid()));
    if (described.find("service.instance.id")) described.set("service.instance.id", std::string(instance_id));
}

} // namespace nanotel::inline NANOTEL_ABI::detail
