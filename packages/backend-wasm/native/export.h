// Functions that JavaScript sees.
#pragma once

#define TRACT_EXPORT(name) extern "C" __attribute__((export_name(#name)))
