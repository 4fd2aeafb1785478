// What the tests of configs share: configs of the sample schema, and texts that must be refused.
#ifndef HFTSIM_TESTS_CONFIG_EXPECT_H
#define HFTSIM_TESTS_CONFIG_EXPECT_H

#include "tests/support/sample_schema.h"

// A config of the sample schema. Free it with hft_config_free.
hft_config *sample_config(void);

// Merges a text named "test.yaml".
hft_status sample_merge(hft_config *config, const char *text, hft_error *error);

const sample_market *sample_market_of(const hft_config *config);

// Expects the text to be refused with ECONFIG at "test.yaml:line" (line 0: at any), the error's
// words to hold every one of the words (up to a null), and the config to be as it was.
void expect_refused(hft_config *config, const char *text, int line, ...);

#endif
