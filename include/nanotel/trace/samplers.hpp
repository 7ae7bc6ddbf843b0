// SPDX-License-Identifier: MIT
// All samplers. For the file that starts the telemetry.
#pragma once

#include <nanotel/trace/composable_samplers.hpp>
#include <nanotel/trace/rate_limiting.hpp>
#include <nanotel/trace/sampler.hpp>
#include <nanotel/trace/sampling_rules.hpp>
