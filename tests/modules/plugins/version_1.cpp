// SPDX-License-Identifier: MIT
#define MODULE "version"
#define KEY "colour1"
#define DOMAIN_KEY "outcome1"
#include "../plugin.hpp"
