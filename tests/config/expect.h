// Helpers of the config tests: configs of the sample schema, and texts that must be refused.
#ifndef HFTSIM_TESTS_CONFIG_EXPECT_H
#define HFTSIM_TESTS_CONFIG_EXPECT_H

#include "tests/support/sample_schema.h"

// A config of the sample schema. Free it with hft_config_free.
hft_config *sample_config(void);

// Merges a text named "test.yaml".
hft_status sample_merge(hft_config *config, const char *text, hft_error *error);

const sample_market *sample_market_of(const hft_config *config);

// Fails the test unless a text is refused with HFT_ECONFIG at "test.yaml:line" (0: any line), with
// each of the words (up to a null) in the error's text, and the config is unchanged.
void expect_refused(hft_config *config, const char *text, int line, ...);

#endif
