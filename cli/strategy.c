#include "cli/strategy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"
#include "sim/config/key.h"

// `name` is null where none was given.
static void print_unknown(const char *where, const char *name) {
  const char *near = name != NULL ? hft_baseline_nearest(name) : NULL;
  if (name == NULL) {
    fprintf(stderr, "hftsim: %s is required", where);
  } else {
    fprintf(stderr, "hftsim: %s: unknown strategy '%.60s'", where, name);
  }
  if (near != NULL) fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\n  strategies:");
  for (int i = 0; i < hft_baseline_class_count; i++) {
    fprintf(stderr, "%s %s", i > 0 ? "," : "", hft_baseline_classes[i]->section->name);
  }
  fprintf(stderr, "\n");
}

const hft_agent_class *cli_strategy_find(const char *where, const char *name) {
  const hft_agent_class *found = name != NULL ? hft_baseline_find(name) : NULL;
  if (found == NULL) print_unknown(where, name);
  return found;
}

hft_baseline_kind cli_strategy_kind(int i) {
  return (hft_baseline_kind)((i + 1) % HFT_BASELINE_KIND_COUNT);
}

void cli_strategy_names(hft_baseline_kind kind, char *text, size_t size) {
  size_t length = 0;
  text[0] = '\0';
  for (int i = 0; i < hft_baseline_class_count && length < size; i++) {
    const hft_agent_class *c = hft_baseline_classes[i];
    if (hft_baseline_kind_of(c) != kind) continue;
    int written =
        snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", c->section->name);
    length += (size_t)written;
  }
}

hft_status cli_strategy_instrument(const cli_strategy *strategy, const hft_config *config, bool all,
                                   int *instrument, hft_error *error) {
  const char *text = strategy->instrument;
  *instrument = 0;
  if (text == NULL) return HFT_OK;
  if (all && strcmp(text, "all") == 0) {
    *instrument = HFT_INSTRUMENT_ALL;
    return HFT_OK;
  }
  char *end;
  long value = strtol(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || value >= HFT_INSTRUMENTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "--instrument",
                    all ? "'%s' is neither 0 to %d nor 'all'"
                        : "'%s' is not one instrument: a number from 0 to %d",
                    text, HFT_INSTRUMENTS_MAX - 1);
  }
  *instrument = (int)value;
  return cli_check_instrument(config, value, error);
}

// ---- the list of contestants -------------------------------------------------------------------

#define CHECKPOINT_KEY "checkpoint="
#define NUMBERED_MAX (CLI_LABEL_SIZE - 16)  // leaves room for a number

static bool is_taken(const cli_contestants *c, const char *label) {
  for (int i = 0; i < c->count; i++) {
    if (strcmp(c->label[i], label) == 0) return true;
  }
  return false;
}

// The name to show: the argument, cut to size, and a number where another contestant has that name.
static void set_label(const cli_contestants *c, const char *argument, char *label) {
  snprintf(label, CLI_LABEL_SIZE, "%.*s", NUMBERED_MAX, argument);
  for (int number = 2; is_taken(c, label); number++) {
    snprintf(label, CLI_LABEL_SIZE, "%.*s-%d", NUMBERED_MAX, argument, number);
  }
}

// Splits "KEY=VALUE,KEY=VALUE" in place at the commas outside of brackets.
static hft_status split_keys(char *text, cli_list *keys, hft_error *error) {
  int depth = 0;
  char *begin = text;
  for (char *at = text;; at++) {
    depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
    if (*at != '\0' && (*at != ',' || depth > 0)) continue;
    bool last = *at == '\0';
    *at = '\0';
    if (keys->count == CLI_REPEAT_MAX) {
      return hft_fail(error, HFT_EINVAL, "contestant", "more than %d keys", CLI_REPEAT_MAX);
    }
    keys->item[keys->count++] = begin;
    if (last) return HFT_OK;
    begin = at + 1;
  }
}

size_t cli_checkpoint_length(const char *argument) {
  const char *end = strstr(argument, ".h5:");
  if (end != NULL) return (size_t)(end - argument) + 3;
  size_t length = strlen(argument);
  if (length > 3 && strcmp(argument + length - 3, ".h5") == 0) return length;
  length = strcspn(argument, ":");
  return memchr(argument, '/', length) != NULL ? length : 0;
}

const hft_agent_class *cli_checkpoint_class(void) {
  for (int i = 0; i < hft_catalog_class_count; i++) {
    if (strcmp(hft_catalog_classes[i]->section->name, "policy") == 0) return hft_catalog_classes[i];
  }
  return NULL;
}

hft_status cli_contestants_add(cli_contestants *contestants, const char *argument,
                               const hft_agent_class *agent_class, hft_error *error) {
  cli_contestants *c = contestants;
  int i = c->count;
  if (i == HFT_CONTESTANTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "contestants", "more than %d; give fewer",
                    HFT_CONTESTANTS_MAX);
  }
  set_label(c, argument, c->label[i]);
  c->item[i] = (hft_contest_entry){c->label[i], {agent_class, NULL}, false};
  c->count++;
  size_t length = cli_checkpoint_length(argument);
  const char *colon = strchr(argument + length, ':');
  if (colon == NULL && length == 0) return HFT_OK;
  size_t size = sizeof CHECKPOINT_KEY + strlen(argument) + 1;
  c->text[i] = calloc(1, size);
  if (c->text[i] == NULL) return hft_fail(error, HFT_ENOMEM, "contestant", "out of memory");
  char *keys = c->text[i];
  if (length > 0) {
    keys += snprintf(keys, size, CHECKPOINT_KEY "%.*s", (int)length, argument) + 1;
    c->own[i].item[c->own[i].count++] = c->text[i];
  }
  if (colon == NULL) return HFT_OK;
  snprintf(keys, size - (size_t)(keys - c->text[i]), "%s", colon + 1);
  return split_keys(keys, &c->own[i], error);
}

// A name of the list, which has no keys of its own.
static bool add_name(cli_contestants *c, const char *name) {
  const hft_agent_class *found = cli_strategy_find("--strategy", name);
  if (found == NULL) return false;
  hft_error error;
  if (cli_contestants_add(c, name, found, &error) == HFT_OK) return true;
  fprintf(stderr, "hftsim: --strategy: more than %d strategies; give fewer\n", HFT_CONTESTANTS_MAX);
  return false;
}

bool cli_contestants_find(const char *list, cli_contestants *out) {
  *out = (cli_contestants){0};
  if (list == NULL) return add_name(out, NULL);
  for (const char *item = list;; item++) {
    size_t length = strcspn(item, ",");
    char name[HFT_TEXT_MAX];
    if (length == 0) {
      fprintf(stderr, "hftsim: --strategy: '%s' has an empty item; write NAME[,NAME...]\n", list);
      return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), item);
    if (!add_name(out, name)) return false;
    item += length;
    if (*item == '\0') return true;
  }
}

void cli_contestants_free(cli_contestants *contestants) {
  for (int i = 0; i < contestants->count; i++) {
    free(contestants->params[i]);
    free(contestants->text[i]);
    contestants->params[i] = NULL;
    contestants->text[i] = NULL;
    contestants->item[i].entry.params = NULL;
  }
}

// ---- their keys --------------------------------------------------------------------------------

// A setting "NAME.KEY=VALUE", in parts. `name` is empty where it is for all that have the key.
typedef struct setting {
  char name[HFT_TEXT_MAX], key[HFT_TEXT_MAX];
  const char *value;
} setting;

static hft_status read_setting(const char *item, setting *out, hft_error *error) {
  size_t length = strcspn(item, "="), name = strcspn(item, ".:=");
  bool named = name < length;
  size_t key = named ? name + 1 : 0;
  if (item[length] == '\0' || length == key || (named && name == 0) || name >= HFT_TEXT_MAX ||
      length - key >= HFT_TEXT_MAX) {
    return hft_fail(error, HFT_ECONFIG, "--param",
                    "'%s' is not KEY=VALUE, nor NAME.KEY=VALUE for one of several strategies",
                    item);
  }
  snprintf(out->name, sizeof out->name, "%.*s", named ? (int)name : 0, item);
  snprintf(out->key, sizeof out->key, "%.*s", (int)(length - key), item + key);
  out->value = item + length + 1;
  return HFT_OK;
}

static hft_status set_key(cli_contestants *c, int i, const setting *s, hft_error *error) {
  const hft_section *section = c->item[i].entry.strategy->section;
  const hft_key *key = hft_section_find(section, s->key);
  char where[128];
  snprintf(where, sizeof where, "--param %.40s of %.60s", s->key, c->label[i]);
  c->given[i] |= UINT64_C(1) << (key - section->keys);
  return hft_key_parse(key, s->value, c->params[i], where, error);
}

static hft_status unknown_key(const cli_contestants *c, const setting *s, int of,
                              hft_error *error) {
  char where[96];
  const char *near = NULL;
  for (int i = 0; i < c->count && near == NULL; i++) {
    if (of < 0 || i == of) near = hft_section_nearest(c->item[i].entry.strategy->section, s->key);
  }
  bool one = of >= 0 || c->count == 1;
  snprintf(where, sizeof where, "--param of %.60s", one ? c->label[of < 0 ? 0 : of] : "all");
  if (near == NULL) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "unknown key '%s'; 'hftsim baseline --list' lists the keys", s->key);
  }
  return hft_fail(error, HFT_ECONFIG, where, "unknown key '%s'; did you mean '%s'?", s->key, near);
}

static hft_status unknown_name(const cli_contestants *c, const setting *s, hft_error *error) {
  char labels[160] = "";
  for (int i = 0; i < c->count; i++) {
    size_t length = strlen(labels);
    snprintf(labels + length, sizeof labels - length, "%s%s", i > 0 ? ", " : "", c->label[i]);
  }
  return hft_fail(error, HFT_ECONFIG, "--param", "'%s.%s': no strategy of the run is '%s': %s",
                  s->name, s->key, s->name, labels);
}

// Sets a key of the contestants that have it, or of the one that is named.
static hft_status apply(cli_contestants *c, const setting *s, hft_error *error) {
  bool named = s->name[0] != '\0', set = false;
  int of = -1;
  for (int i = 0; i < c->count; i++) {
    if (named && strcmp(s->name, c->label[i]) != 0) continue;
    if (named) of = i;
    if (hft_section_find(c->item[i].entry.strategy->section, s->key) == NULL) continue;
    hft_status status = set_key(c, i, s, error);
    if (status != HFT_OK) return status;
    set = true;
  }
  if (set) return HFT_OK;
  return named && of < 0 ? unknown_name(c, s, error) : unknown_key(c, s, of, error);
}

static hft_status apply_option(cli_contestants *c, const char *key, const char *value,
                               hft_error *error) {
  setting s = {.value = value};
  snprintf(s.key, sizeof s.key, "%s", key);
  return apply(c, &s, error);
}

static hft_status apply_all(const cli_strategy *a, cli_contestants *c, hft_error *error) {
  char text[32];
  hft_status status = HFT_OK;
  if (a->quantity > 0) {
    snprintf(text, sizeof text, "%" PRId64, a->quantity);
    status = apply_option(c, "quantity", text, error);
  }
  if (status == HFT_OK && a->side != NULL) status = apply_option(c, "side", a->side, error);
  if (status == HFT_OK && a->horizon > 0) {
    snprintf(text, sizeof text, "%.9f", (double)a->horizon / (double)HFT_SECOND);
    // A strategy without the key has the run's horizon all the same (hft_contest_spec.horizon_s).
    setting horizon = {.key = "horizon_s", .value = text};
    for (int i = 0; i < c->count && status == HFT_OK; i++) {
      if (!c->item[i].entry.strategy->key.horizon_s.exists) continue;
      status = set_key(c, i, &horizon, error);
    }
  }
  for (int i = 0; i < a->params.count && status == HFT_OK; i++) {
    setting s;
    status = read_setting(a->params.item[i], &s, error);
    if (status == HFT_OK) status = apply(c, &s, error);
  }
  return status;
}

// The keys that a contestant itself says.
static hft_status apply_own(cli_contestants *c, int i, hft_error *error) {
  for (int k = 0; k < c->own[i].count; k++) {
    setting s;
    hft_status status = read_setting(c->own[i].item[k], &s, error);
    if (status != HFT_OK) return status;
    bool exists = hft_section_find(c->item[i].entry.strategy->section, s.key) != NULL;
    if (s.name[0] != '\0') {
      return hft_fail(error, HFT_ECONFIG, c->label[i], "'%s' is not KEY=VALUE", c->own[i].item[k]);
    }
    status = exists ? set_key(c, i, &s, error) : unknown_key(c, &s, i, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status cli_contestants_defaults(cli_contestants *contestants, hft_error *error) {
  cli_contestants *c = contestants;
  for (int i = 0; i < c->count; i++) {
    const hft_section *section = c->item[i].entry.strategy->section;
    c->params[i] = malloc(section->size > 0 ? section->size : 1);
    if (c->params[i] == NULL) return hft_fail(error, HFT_ENOMEM, "--param", "out of memory");
    hft_section_defaults(section, c->params[i]);
    c->item[i].entry.params = c->params[i];
  }
  return HFT_OK;
}

hft_status cli_contestants_set(const cli_strategy *strategy, cli_contestants *contestants,
                               hft_error *error) {
  hft_status status = apply_all(strategy, contestants, error);
  for (int i = 0; i < contestants->count && status == HFT_OK; i++) {
    status = apply_own(contestants, i, error);
  }
  return status;
}

hft_status cli_strategy_params(const cli_strategy *strategy, const hft_agent_class *agent_class,
                               void **out, hft_error *error) {
  cli_contestants one = {.count = 1, .item = {{.entry = {agent_class, NULL}}}};
  snprintf(one.label[0], sizeof one.label[0], "%s", agent_class->section->name);
  hft_status status = cli_contestants_defaults(&one, error);
  if (status == HFT_OK) status = cli_contestants_set(strategy, &one, error);
  if (status == HFT_OK) {
    *out = one.params[0];
    return HFT_OK;
  }
  *out = NULL;
  cli_contestants_free(&one);
  return status;
}
