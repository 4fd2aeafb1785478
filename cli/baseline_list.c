// hftsim baseline --list: the strategies and their keys.
#include <stdio.h>

#include "baselines/classes.h"
#include "cli/baseline.h"
#include "cli/output.h"

static int list_as_json(void) {
  json_t *list = json_array();
  for (int i = 0; i < hft_baseline_class_count; i++) {
    const hft_agent_class *c = hft_baseline_classes[i];
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:s}", "strategy", c->section->name, "kind",
                        hft_baseline_kind_name(hft_baseline_kind_of(c)), "help", c->section->help));
  }
  return cli_print_json(list);
}

static void list_strategy(const hft_section *section) {
  printf("%s: %s\n", section->name, section->help);
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    const char *gap = key->unit[0] != '\0' ? " " : "";
    printf("  %-16s %s%s%s\n                   %s\n", key->name, key->preset, gap, key->unit,
           key->help);
  }
}

int cli_baseline_list(bool json) {
  if (json) return list_as_json();
  for (int k = 0; k < HFT_BASELINE_KIND_COUNT; k++) {
    hft_baseline_kind kind = cli_strategy_kind(k);
    printf("%sKind %s: %s\n\n", k > 0 ? "\n" : "", hft_baseline_kind_name(kind),
           hft_baseline_kind_help(kind));
    for (int i = 0; i < hft_baseline_class_count; i++) {
      const hft_agent_class *c = hft_baseline_classes[i];
      if (hft_baseline_kind_of(c) == kind) list_strategy(c->section);
    }
  }
  return cli_end_output();
}
