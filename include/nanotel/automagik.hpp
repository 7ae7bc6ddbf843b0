// SPDX-License-Identifier: MIT
// A client for programs that follow the conventions of automagik-telemetry: events, errors, metrics and logs,
// sent only where the user said yes, without personal data, through nanotel's pipeline. Includes sdk.hpp: for
// the file with main() and those that are given the client.
#pragma once

#include <nanotel/automagik/events.hpp>
#include <nanotel/automagik/fields.hpp>
#include <nanotel/automagik/prompt.hpp>
#include <nanotel/automagik/settings.hpp>
#include <nanotel/sdk.hpp>

#ifdef NANOTEL_DISABLED
#include <nanotel/automagik/disabled_client.hpp>
#else
#include <nanotel/automagik/client.hpp>
#include <nanotel/automagik/runs.hpp>
#endif
