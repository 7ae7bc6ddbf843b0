// SPDX-License-Identifier: MIT
// As version_1, in other words of the same length: loaded in its place, it has all at the same addresses.
#define MODULE "version"
#define KEY "colour2"
#define DOMAIN_KEY "outcome2"
#include "../plugin.hpp"
