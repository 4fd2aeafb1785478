// hftsim config: shows, checks and lists configs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/spaces.h"
#include "codec/json.h"
#include "eval/task.h"
#include "sim/env/env.h"
#include "sim/market/model.h"

#define SUMMARY_SIZE 1024
#define NAME_WIDTH 23  // of a preset, in the list

typedef struct arguments {
  const char *config;
  cli_list overrides;
  bool json;
} arguments;

typedef struct action {
  const char *name;
  int (*run)(const arguments *arguments);
} action;

static const char about[] =
    "'show', the default, prints the effective config with the unit and meaning of each key as "
    "comments: the default preset, then the file or preset given, then the overrides. 'check' "
    "tells whether simulations can run with it. 'list' names the presets. 'keys' prints every key "
    "with its default, bounds, unit and meaning, as Markdown. 'spaces' prints the observations, "
    "actions and rewards of the config's seats, number by number.";

static const char examples[] =
    "  hftsim config list\n"
    "  hftsim config show > mine.yaml\n"
    "  hftsim config show market_making --set market_config.volatility=0.03\n"
    "  hftsim config check mine.yaml\n"
    "  hftsim config keys | less\n"
    "  hftsim config spaces portfolio --set env_config.action_space=multi_discrete\n";

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim config [show|check|list|keys|spaces] [FILE|PRESET] [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positional = "FILE|PRESET",
  };
  return cli_parse(&usage, argc, argv, &a->config, exit_code);
}

// ---- show ------------------------------------------------------------------------------------

static void set_keys(json_t *object, const hft_section *section, const void *params) {
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    json_object_set_new(object, key->name, cli_key_json(key, params));
  }
}

static json_t *entry_json(const hft_config *config, const hft_schema_entry *entry) {
  if (!entry->is_list) {
    json_t *map = json_object();
    set_keys(map, entry->sections[0], hft_config_map(config, entry->name));
    return map;
  }
  json_t *list = json_array();
  int count = hft_config_count(config, entry->name);
  for (int i = 0; i < count; i++) {
    const hft_section *section;
    const void *params = hft_config_item(config, entry->name, i, &section);
    json_t *item = json_pack("{s:s}", "kind", section->name);
    set_keys(item, section, params);
    json_array_append_new(list, item);
  }
  return list;
}

static json_t *config_json(const hft_config *config) {
  const hft_schema *schema = cli_schema();
  json_t *object = json_object();
  for (int i = 0; i < schema->entry_count; i++) {
    const hft_schema_entry *entry = &schema->entries[i];
    json_object_set_new(object, entry->name, entry_json(config, entry));
  }
  return object;
}

static int print_yaml(const hft_config *config) {
  char *text = hft_config_print(config, 1);
  if (text == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "config", "out of memory"});
  fputs(text, stdout);
  free(text);
  return cli_end_output();
}

static int show(const arguments *a) {
  hft_error error = {0};
  hft_config *config;
  if (cli_load_config(a->config, &a->overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  int code = a->json ? cli_print_json(config_json(config)) : print_yaml(config);
  hft_config_free(config);
  return code;
}

// ---- check -----------------------------------------------------------------------------------

// Compiles the config as the commands would, to find inconsistent keys.
static hft_status compile(const hft_config *config, hft_error *error) {
  hft_model *model;
  hft_status status = cli_create_model(config, &model, error);
  if (status != HFT_OK) return status;
  // With seats, the env checks the price window for the length of its episode.
  bool has_seats = hft_config_count(config, "seats") > 0;
  if (!has_seats) {
    status = hft_model_check_window(model, hft_model_instrument(model)->duration, error);
  }
  hft_model_free(model);
  if (!has_seats) return status;
  hft_env_model *env;
  status = hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &env, error);
  if (status == HFT_OK) hft_env_model_free(env);
  return status;
}

// The hash of the config that results carry as `config_hash`.
static int print_checked(const hft_config *config, bool json) {
  char hash[HFT_TASK_HASH_SIZE];
  hft_error error = {0};
  if (hft_task_hash(config, hash, &error) != HFT_OK) return cli_fail(&error);
  if (json) return cli_print_json(json_pack("{s:b, s:s}", "ok", 1, "config_hash", hash));
  printf("ok\n");
  return cli_end_output();
}

static int check(const arguments *a) {
  hft_error error = {0};
  hft_config *config;
  if (cli_load_config(a->config, &a->overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  int code;
  if (compile(config, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = print_checked(config, a->json);
  }
  hft_config_free(config);
  return code;
}

// ---- list ------------------------------------------------------------------------------------

static int list_json(void) {
  json_t *array = json_array();
  for (int i = 0; i < hft_preset_count; i++) {
    char summary[SUMMARY_SIZE];
    cli_read_summary(hft_presets[i].text, summary, sizeof summary);
    json_array_append_new(array,
                          json_pack("{s:s, s:s}", "name", hft_presets[i].name, "help", summary));
  }
  return cli_print_json(array);
}

static int list(const arguments *a) {
  if (a->config != NULL || a->overrides.count > 0) {
    fprintf(stderr, "hftsim: config list takes no config and no --set\n");
    return CLI_USAGE;
  }
  if (a->json) return list_json();
  for (int i = 0; i < hft_preset_count; i++) {
    char summary[SUMMARY_SIZE];
    cli_read_summary(hft_presets[i].text, summary, sizeof summary);
    printf("%-*s", NAME_WIDTH, hft_presets[i].name);
    cli_print_wrapped(summary, NAME_WIDTH, NAME_WIDTH);
  }
  return cli_end_output();
}

// ---- keys ------------------------------------------------------------------------------------

static const char *const kind_names[] = {
    [HFT_KEY_INT] = "integer",        [HFT_KEY_REAL] = "real",  [HFT_KEY_BOOL] = "true or false",
    [HFT_KEY_CHOICE] = "choice",      [HFT_KEY_TEXT] = "text",  [HFT_KEY_PATH] = "path",
    [HFT_KEY_LIST] = "list of reals", [HFT_KEY_PARAMS] = "map",
};

// Does the unit of a key hold names: those of a choice, or those that are no files?
static bool has_names(const hft_key *key) {
  return key->kind == HFT_KEY_CHOICE || (key->kind == HFT_KEY_PATH && key->unit[0] != '\0');
}

// Prints the allowed values of a key: its bounds, or its names.
static void print_allowed(const hft_key *key) {
  if (has_names(key)) {
    for (const char *name = key->unit; *name != '\0'; name += *name == '|') {
      int length = (int)strcspn(name, "|");
      printf("%s`%.*s`", name == key->unit ? "" : ", ", length, name);
      name += length;
    }
    if (key->kind == HFT_KEY_PATH) printf(" or a file");
  } else if (key->kind == HFT_KEY_TEXT || key->kind == HFT_KEY_PATH) {
    printf("%.0f to %.0f characters", key->low, key->high);
  } else if (key->kind == HFT_KEY_PARAMS) {
    printf("keys of the controller");
  } else if (key->kind != HFT_KEY_BOOL) {
    printf("%.12g to %.12g", key->low, key->high);
  }
}

static void print_section_keys(const hft_section *section) {
  if (section->key_count == 0) return;
  printf("\n| key | type | default | allowed | unit | meaning |\n|---|---|---|---|---|---|\n");
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    printf("| `%s` | %s | ", key->name, kind_names[key->kind]);
    if (key->preset[0] != '\0') {
      printf("`%s` | ", key->preset);
    } else {
      printf("none | ");
    }
    print_allowed(key);
    printf(" | %s | %s |\n", has_names(key) ? "" : key->unit, key->help);
  }
}

// A key as JSON. The allowed values are `low` and `high`, the bounds of the number or of the length
// of a text, or `choices`.
static json_t *key_json(const hft_key *key) {
  bool is_choice = key->kind == HFT_KEY_CHOICE,
       bounded = !is_choice && key->kind != HFT_KEY_BOOL && key->kind != HFT_KEY_PARAMS;
  json_t *choices = has_names(key) ? json_array() : NULL;  // of a path: or the name of a file
  for (const char *name = key->unit; has_names(key) && *name != '\0'; name += *name == '|') {
    size_t length = strcspn(name, "|");
    json_array_append_new(choices, json_stringn(name, length));
    name += length;
  }
  return json_pack("{s:s, s:s, s:o, s:o*, s:o*, s:o*, s:s, s:s}", "name", key->name, "type",
                   kind_names[key->kind], "default",
                   key->preset[0] != '\0' ? json_string(key->preset) : json_null(), "low",
                   bounded ? hft_json_number(key->low) : NULL, "high",
                   bounded ? hft_json_number(key->high) : NULL, "choices", choices, "unit",
                   has_names(key) ? "" : key->unit, "help", key->help);
}

static json_t *section_json(const hft_schema_entry *entry, const hft_section *section) {
  json_t *list = json_array();
  for (int k = 0; k < section->key_count; k++) {
    json_array_append_new(list, key_json(&section->keys[k]));
  }
  return json_pack("{s:s, s:s*, s:s, s:o}", "section", entry->name, "kind",
                   entry->is_list ? section->name : NULL, "help",
                   entry->is_list ? section->help : entry->help, "keys", list);
}

static int keys_json(void) {
  const hft_schema *schema = cli_schema();
  json_t *sections = json_array();
  for (int i = 0; i < schema->entry_count; i++) {
    const hft_schema_entry *entry = &schema->entries[i];
    for (int k = 0; k < entry->section_count; k++) {
      json_array_append_new(sections, section_json(entry, entry->sections[k]));
    }
  }
  return cli_print_json(sections);
}

static int keys(const arguments *a) {
  if (a->config != NULL || a->overrides.count > 0) {
    fprintf(stderr, "hftsim: config keys takes no config and no --set\n");
    return CLI_USAGE;
  }
  if (a->json) return keys_json();
  const hft_schema *schema = cli_schema();
  for (int i = 0; i < schema->entry_count; i++) {
    const hft_schema_entry *entry = &schema->entries[i];
    printf("%s## `%s`\n\n%s.\n", i > 0 ? "\n" : "", entry->name, entry->help);
    for (int k = 0; k < entry->section_count; k++) {
      const hft_section *section = entry->sections[k];
      if (entry->is_list) printf("\n### `kind: %s`\n\n%s.\n", section->name, section->help);
      print_section_keys(section);
    }
  }
  return cli_end_output();
}

// ---- spaces ----------------------------------------------------------------------------------

static int spaces(const arguments *a) {
  hft_error error = {0};
  hft_config *config;
  if (cli_load_config(a->config, &a->overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_env_model *model;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  hft_config_free(config);
  if (status != HFT_OK) return cli_fail(&error);
  int code;
  if (a->json) {
    code = cli_print_json(cli_spaces_json(hft_env_model_spec(model)));
  } else {
    cli_print_spaces(hft_env_model_spec(model));
    code = cli_end_output();
  }
  hft_env_model_free(model);
  return code;
}

static const action actions[] = {
    {"show", show}, {"check", check}, {"list", list}, {"keys", keys}, {"spaces", spaces}};
enum { ACTION_COUNT = sizeof actions / sizeof actions[0] };

int cmd_config(int argc, char **argv) {
  const action *chosen = &actions[0];
  for (int i = 0; argc > 1 && i < ACTION_COUNT; i++) {
    if (strcmp(argv[1], actions[i].name) != 0) continue;
    chosen = &actions[i];
    argv[1] = argv[0];  // the options are parsed without the action
    argv++;
    argc--;
    break;
  }
  arguments a = {0};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  return chosen->run(&a);
}
