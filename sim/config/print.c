#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/config/config_state.h"

#define COMMENT_COLUMN 36

// Could YAML read the unquoted text as something other than a string?
static bool needs_quotes(const char *text) {
  static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == 0) return true;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcasecmp(text, words[i]) == 0) return true;
  }
  return false;
}

// Prints the text in single quotes, doubling quotes inside. Returns the number of bytes.
static int print_quoted(FILE *out, const char *text) {
  int width = 2;
  fputc('\'', out);
  for (; *text != '\0'; text++, width++) {
    if (*text == '\'') width += fputc('\'', out) != EOF;
    fputc(*text, out);
  }
  fputc('\'', out);
  return width;
}

static void print_key(FILE *out, const hft_key *key, const void *params, const char *indent,
                      int comments) {
  char value[HFT_CONFIG_VALUE_SIZE];
  hft_key_print(key, params, value, sizeof value);
  int width = fprintf(out, "%s%s: ", indent, key->name);
  if (key->kind == HFT_KEY_PATH || (key->kind == HFT_KEY_TEXT && needs_quotes(value))) {
    width += print_quoted(out, value);
  } else {
    width += fprintf(out, "%s", value);
  }
  if (comments) {
    int pad = width < COMMENT_COLUMN ? COMMENT_COLUMN - width : 1;
    fprintf(out, "%*s# ", pad, "");
    if (key->unit[0] != '\0') fprintf(out, "%s; ", key->unit);
    fputs(key->help, out);
  }
  fputc('\n', out);
}

static void print_map(FILE *out, const hft_schema_entry *entry, const hft_config_struct *map,
                      int comments) {
  const hft_section *section = map->section;
  fprintf(out, "%s:%s\n", entry->name, section->key_count == 0 ? " {}" : "");
  for (int i = 0; i < section->key_count; i++) {
    print_key(out, &section->keys[i], map->params, "  ", comments);
  }
}

static void print_list(FILE *out, const hft_schema_entry *entry, const hft_config_slot *list,
                       int comments) {
  fprintf(out, "%s:%s\n", entry->name, list->count == 0 ? " []" : "");
  for (int i = 0; i < list->count; i++) {
    const hft_section *section = list->items[i].section;
    fprintf(out, "  - kind: %s", section->name);
    if (comments) fprintf(out, "  # %s", section->help);
    fputc('\n', out);
    for (int k = 0; k < section->key_count; k++) {
      print_key(out, &section->keys[k], list->items[i].params, "    ", comments);
    }
  }
}

char *hft_config_print(const hft_config *config, int comments) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return NULL;
  for (int i = 0; i < config->schema->entry_count; i++) {
    const hft_schema_entry *entry = &config->schema->entries[i];
    const hft_config_slot *at = &config->slots[i];
    if (comments) fprintf(out, "%s# %s\n", i > 0 ? "\n" : "", entry->help);
    if (entry->is_list) {
      print_list(out, entry, at, comments);
    } else {
      print_map(out, entry, &at->items[0], comments);
    }
  }
  bool failed = ferror(out) != 0;
  if (fclose(out) != 0 || failed) {
    free(text);
    return NULL;
  }
  return text;
}
