#include "cli/estimate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/setup.h"

hft_status cli_estimate_params(uint64_t given, const hft_estimate_spec *spec, int64_t episodes,
                               int64_t threads, uint64_t seed, void *params, cli_estimate *out,
                               hft_error *error) {
  *out = (cli_estimate){0};
  if (episodes == 0 || !hft_estimate_applies(spec->strategy)) return HFT_OK;
  cli_progress bar;
  cli_progress_start(&bar, "estimate");
  const hft_runner_options options = cli_runner_options(&bar, episodes, threads, seed);
  hft_status status = hft_estimate_run(spec, &options, &out->estimates, error);
  if (status != HFT_OK) {
    cli_progress_stop(&bar);
    return status;
  }
  out->ran = true;
  out->set = hft_estimate_apply(&out->estimates, spec->strategy, params, given);
  return HFT_OK;
}

void cli_estimate_print(const cli_estimate *estimate, const hft_agent_class *agent_class) {
  if (!estimate->ran) return;
  const hft_estimates *e = &estimate->estimates;
  printf("estimated from %d earlier %s of %.6g s:", e->episodes,
         e->episodes == 1 ? "episode" : "episodes", e->length_s);
  const hft_section *section = agent_class->section;
  int shown = 0;
  for (int k = 0; k < section->key_count && estimate->set != 0; k++) {
    if ((estimate->set >> k & 1) != 0) {
      printf("%s %s", shown++ > 0 ? "," : "", section->keys[k].name);
    }
  }
  printf("%s\n",
         shown == 0 ? " nothing (the command line sets the keys, or the flow does not tell)" : "");
}

json_t *cli_estimate_json(const cli_estimate *estimate, const hft_agent_class *agent_class) {
  if (!estimate->ran) return json_null();
  const hft_estimates *e = &estimate->estimates;
  json_t *keys = json_array();
  for (int k = 0; k < agent_class->section->key_count; k++) {
    if ((estimate->set >> k & 1) == 0) continue;
    json_array_append_new(keys, json_string(agent_class->section->keys[k].name));
  }
  json_t *json =
      json_pack("{s:i, s:f, s:o}", "episodes", e->episodes, "episode_s", e->length_s, "keys", keys);
  for (int i = 0; i < HFT_ESTIMATE_COUNT; i++) {
    const hft_key *key = &hft_estimate_table[i];
    bool unknown =
        key->kind == HFT_KEY_REAL && !isfinite(*(const double *)((const char *)e + key->offset));
    json_object_set_new(json, key->name, unknown ? json_null() : cli_key_json(key, e));
  }
  return json;
}
