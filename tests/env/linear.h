// A policy for tests, and models of configs that may name it and every class of the catalog.
#ifndef HFTSIM_TESTS_ENV_LINEAR_H
#define HFTSIM_TESTS_ENV_LINEAR_H

#include "catalog/catalog.h"
#include "sim/env/policy.h"
#include "tests/support/env_world.h"

// Its action follows from an observation, the mask and how many it has chosen in the episode
// before: of numbers each a mix of two of the observation's; of choices the first that the mask
// allows from one on that hangs on the observation.
void linear_decide(const hft_group *group, const float *obs, const uint8_t *mask, double gain,
                   uint32_t count, void *action);

// `controller: linear, params: {gain: 1}`; a gain of 9 or more fits no seat.
extern const hft_agent_class linear_class;

// The schema of configs; linear_init makes it.
extern hft_catalog linear_catalog;
void linear_init(void);

hft_status linear_make(const char *yaml, hft_env_model **model, hft_error *error);
// With the groups of a base model, or of its own where that is null.
hft_status linear_make_as(const char *yaml, const hft_env_model *base, hft_env_model **model,
                          hft_error *error);
// The same; stop the test where they are refused.
hft_env_model *linear_model(const char *yaml);
hft_env_model *linear_model_as(const char *yaml, const hft_env_model *base);

#endif
