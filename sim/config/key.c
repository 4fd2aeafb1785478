#include "sim/config/key.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/check.h"

#define CANDIDATE_MAX 128
#define NAME_MAX_LENGTH 63
#define PLAIN_EXPONENT_MIN (-5)
#define PLAIN_EXPONENT_MAX 15

bool hft_parse_int(const char *text, int64_t *value) {
  const char *digits = text[0] == '-' ? text + 1 : text;
  if (!isdigit((unsigned char)digits[0])) return false;
  if (digits[0] == '0' && digits[1] != '\0') return false;
  char *end;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno != 0 || *end != '\0') return false;
  *value = number;
  return true;
}

// Is the text a whole number, of any size?
static bool is_long_int(const char *text) {
  const char *digits = text[0] == '-' ? text + 1 : text;
  size_t length = strspn(digits, "0123456789");
  return length > 0 && digits[length] == '\0' && (digits[0] != '0' || length == 1);
}

// As hft_parse_real, but accepts a number that is too large for a double, as an infinity.
static bool read_real(const char *text, double *value) {
  const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
  if (!isdigit((unsigned char)digits[0]) && digits[0] != '.') return false;
  if (digits[0] == '0' && isdigit((unsigned char)digits[1])) return false;
  if (strpbrk(text, "xXnNiI") != NULL) return false;
  char *end;
  double number = strtod(text, &end);
  if (end == text || *end != '\0') return false;
  *value = number;
  return true;
}

bool hft_parse_real(const char *text, double *value) {
  double number;
  if (!read_real(text, &number) || !isfinite(number)) return false;
  *value = number;
  return true;
}

static hft_status fail_range(const hft_key *key, const char *text, const char *where,
                             hft_error *error) {
  return hft_fail(error, HFT_ECONFIG, where, "%s out of range [%.12g, %.12g]%s%s", text, key->low,
                  key->high, key->unit[0] != '\0' ? " " : "", key->unit);
}

static hft_status fail_kind(const hft_key *key, const char *kind, const char *text,
                            const char *where, hft_error *error) {
  return hft_fail(error, HFT_ECONFIG, where, "'%s' is not %s; the default is %s", text, kind,
                  key->preset);
}

// The index of `text` in "a|b|c", or -1.
static int64_t choice_index(const char *choices, const char *text) {
  size_t length = strlen(text);
  int64_t index = 0;
  for (const char *at = choices;; index++) {
    const char *end = strchr(at, '|');
    size_t span = end != NULL ? (size_t)(end - at) : strlen(at);
    if (length > 0 && span == length && strncmp(at, text, span) == 0) return index;
    if (end == NULL) return -1;
    at = end + 1;
  }
}

static void choice_name(const char *choices, int64_t index, char *text, size_t size) {
  const char *at = choices;
  for (int64_t i = 0; i < index; i++) {
    at = strchr(at, '|');
    HFT_CHECK(at != NULL);
    at++;
  }
  snprintf(text, size, "%.*s", (int)strcspn(at, "|"), at);
}

// A list is "[a, b, c]".
static hft_status parse_list(const hft_key *key, const char *text, hft_list *list,
                             const char *where, hft_error *error) {
  const char *kind = "a list of numbers such as [1, 2.5]";
  size_t length = strlen(text);
  if (length < 2 || text[0] != '[' || text[length - 1] != ']') {
    return fail_kind(key, kind, text, where, error);
  }
  hft_list result = {0};
  const char *at = text + 1;
  at += strspn(at, " ");
  while (*at != ']') {
    char item[40];
    size_t span = strcspn(at, ",]");
    while (span > 0 && at[span - 1] == ' ') span--;
    if (span == 0 || span >= sizeof item) return fail_kind(key, kind, text, where, error);
    memcpy(item, at, span);
    item[span] = '\0';
    if (result.count == HFT_LIST_MAX) {
      return hft_fail(error, HFT_ECONFIG, where, "the list has more than %d numbers", HFT_LIST_MAX);
    }
    double value;
    if (!read_real(item, &value)) return fail_kind(key, kind, text, where, error);
    if (value < key->low || value > key->high) return fail_range(key, item, where, error);
    result.value[result.count++] = value;
    at += span;
    at += strspn(at, " ");
    if (*at == ',') {
      at++;
      at += strspn(at, " ");
      if (*at == ']') return fail_kind(key, kind, text, where, error);
    }
  }
  if (at != text + length - 1) return fail_kind(key, kind, text, where, error);
  if (result.count == 0) {
    return hft_fail(error, HFT_ECONFIG, where, "the list is empty");
  }
  *list = result;
  return HFT_OK;
}

static hft_status check_length(const hft_key *key, const char *text, size_t size, const char *where,
                               hft_error *error) {
  double length = (double)strlen(text), high = fmin(key->high, (double)(size - 1));
  if (length >= key->low && length <= high) return HFT_OK;
  if (length == 0) {
    return hft_fail(error, HFT_ECONFIG, where, "the value is missing: %.0f to %.0f characters",
                    key->low, high);
  }
  return hft_fail(error, HFT_ECONFIG, where, "length %.0f out of range [%.0f, %.0f] bytes", length,
                  key->low, high);
}

static hft_status parse_text(const hft_key *key, const char *text, hft_text *value,
                             const char *where, hft_error *error) {
  hft_status status = check_length(key, text, sizeof value->text, where, error);
  if (status != HFT_OK) return status;
  for (const char *c = text; *c != '\0'; c++) {
    if (!isalnum((unsigned char)*c) && strchr("_-.", *c) == NULL) {
      return hft_fail(error, HFT_ECONFIG, where,
                      "'%s' contains characters other than letters, digits, '_', '-' and '.'",
                      text);
    }
  }
  memset(value, 0, sizeof *value);
  memcpy(value->text, text, strlen(text));
  return HFT_OK;
}

// Any bytes except control characters, which a line of a config could not show.
static hft_status parse_path(const hft_key *key, const char *text, hft_path *value,
                             const char *where, hft_error *error) {
  hft_status status = check_length(key, text, sizeof value->text, where, error);
  if (status != HFT_OK) return status;
  for (const char *c = text; *c != '\0'; c++) {
    if (iscntrl((unsigned char)*c)) {
      return hft_fail(error, HFT_ECONFIG, where, "the path contains a control character");
    }
  }
  memset(value, 0, sizeof *value);
  memcpy(value->text, text, strlen(text));
  return HFT_OK;
}

bool hft_key_names_file(const hft_key *key, const char *text) {
  if (text[0] == '\0') return false;
  size_t length = strlen(text);
  for (const char *name = key->unit; *name != '\0';) {
    size_t size = strcspn(name, "|");
    if (size == length && memcmp(name, text, size) == 0) return false;
    name += size + (name[size] == '|');
  }
  return true;
}

bool hft_section_names_file(const hft_section *section, const void *params) {
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    if (key->kind != HFT_KEY_PATH) continue;
    const hft_path *path = (const void *)((const char *)params + key->offset);
    if (hft_key_names_file(key, path->text)) return true;
  }
  return false;
}

void hft_path_explain(const hft_path *path, hft_error *error) {
  if (error == NULL || path->text[0] == '/' || access(path->text, F_OK) == 0) return;
  size_t where = strlen(error->where), length = strlen(error->text);
  if (where == 0 || strncmp(error->where, path->text, where) != 0) return;
  char *end = error->text + length;
  if (path->beside[0] == '\0') {
    snprintf(end, sizeof error->text - length, "; a relative path starts at the working directory");
  } else {
    snprintf(end, sizeof error->text - length,
             "; neither in the working directory nor beside the config: %s", path->beside);
  }
}

// ---- params ------------------------------------------------------------------------------------

typedef struct pair {
  char name[HFT_TEXT_MAX];
  char value[HFT_PARAMS_MAX];
} pair;

static size_t copy_trimmed(char *to, size_t size, const char *from, size_t length) {
  while (length > 0 && *from == ' ') from++, length--;
  while (length > 0 && from[length - 1] == ' ') length--;
  if (length >= size) length = 0;
  memcpy(to, from, length);
  to[length] = '\0';
  return length;
}

// Reads the pair at *at, which is moved behind its comma. False: there is no valid pair.
static bool read_pair(const char **at, pair *out) {
  size_t name = strcspn(*at, ":,{}[]");
  if ((*at)[name] != ':' || copy_trimmed(out->name, sizeof out->name, *at, name) == 0) return false;
  const char *value = *at + name + 1;
  value += strspn(value, " ");
  size_t length = strcspn(value, ",}");
  if (value[0] == '[') {
    length = strcspn(value, "]{}:");
    if (value[length] != ']') return false;
    length++;
  } else if (strcspn(value, ":{}[]#'\"") < length) {
    return false;
  }
  if (copy_trimmed(out->value, sizeof out->value, value, length) == 0) return false;
  *at = value + length;
  *at += strspn(*at, " ");
  if (**at == ',') {
    (*at)++;
    *at += strspn(*at, " ");
    return **at != '}';
  }
  return **at == '}';
}

// Writes the text anew, so that equal maps are equal bytes.
static hft_status parse_params(const hft_key *key, const char *text, hft_params *params,
                               const char *where, hft_error *error) {
  const char *kind = "a map such as {key: 1}";
  size_t used = 1;
  hft_params result = {.text = "{"};
  if (text[0] != '{') return fail_kind(key, kind, text, where, error);
  const char *at = text + 1 + strspn(text + 1, " ");
  while (*at != '}') {
    pair next;
    if (!read_pair(&at, &next)) return fail_kind(key, kind, text, where, error);
    used += (size_t)snprintf(result.text + used, sizeof result.text - used, "%s%s: %s",
                             used > 1 ? ", " : "", next.name, next.value);
    if (used >= sizeof result.text - 1) {
      return hft_fail(error, HFT_ECONFIG, where, "more than %d bytes", HFT_PARAMS_MAX - 2);
    }
  }
  if (at[1] != '\0') return fail_kind(key, kind, text, where, error);
  result.text[used] = '}';
  *params = result;
  return HFT_OK;
}

hft_status hft_params_set(hft_params *params, const char *name, const char *value,
                          const char *where, hft_error *error) {
  char text[2 * HFT_PARAMS_MAX + HFT_TEXT_MAX];
  if (strlen(value) >= HFT_PARAMS_MAX) {
    return hft_fail(error, HFT_ECONFIG, where, "more than %d bytes", HFT_PARAMS_MAX - 2);
  }
  snprintf(text, sizeof text, "{%.*s: %s}", HFT_TEXT_MAX - 1, name, value);
  pair next;
  const char *at = text + 1;
  if (strpbrk(name, "{}[]:,") != NULL || !read_pair(&at, &next) || strcmp(at, "}") != 0) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "'%.64s' is not a single value or a list; a value has none of ,:{}[]#'\"",
                    value);
  }
  size_t used = (size_t)snprintf(text, sizeof text, "{%s: %s", next.name, next.value);
  for (at = params->text + 1; *at != '}';) {
    bool valid = read_pair(&at, &next);
    HFT_CHECK(valid);  // as parse_params wrote it
    if (strcmp(next.name, name) == 0) continue;
    used += (size_t)snprintf(text + used, sizeof text - used, ", %s: %s", next.name, next.value);
  }
  snprintf(text + used, sizeof text - used, "}");
  if (used >= HFT_PARAMS_MAX - 1) {
    return hft_fail(error, HFT_ECONFIG, where, "more than %d bytes", HFT_PARAMS_MAX - 2);
  }
  memcpy(params->text, text, used + 2);
  return HFT_OK;
}

// Appends the names of a section's keys: "a, b".
static void list_keys(const hft_section *section, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < section->key_count && used < size; i++) {
    used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                             section->keys[i].name);
  }
  if (used >= size) snprintf(text + size - 4, 4, "...");
}

static hft_status apply_pair(const hft_params *params, const pair *next, const hft_section *section,
                             void *values, const char *where, hft_error *error) {
  char place[160];
  snprintf(place, sizeof place, "%.90s.%s", where, next->name);
  const hft_key *key = hft_section_find(section, next->name);
  if (key == NULL) {
    const char *near = hft_section_nearest(section, next->name);
    if (near != NULL) {
      return hft_fail(error, HFT_ECONFIG, place, "%s has no key '%s'; did you mean '%s'?",
                      section->name, next->name, near);
    }
    char names[180];
    list_keys(section, names, sizeof names);
    return hft_fail(error, HFT_ECONFIG, place, "%s has no key '%s'; its keys: %s", section->name,
                    next->name, section->key_count > 0 ? names : "none");
  }
  if (key->kind == HFT_KEY_PATH && params->sealed &&
      (key->unit[0] == '\0' || hft_key_names_file(key, next->value))) {
    return hft_fail(error, HFT_ECONFIG, place, "a path is not allowed here");
  }
  return hft_key_parse(key, next->value, values, place, error);
}

bool hft_params_has(const hft_params *params, const char *name) {
  const char *at = params->text + 1;
  pair next = {.name = ""};
  while (*at != '}' && strcmp(next.name, name) != 0) {
    bool valid = read_pair(&at, &next);
    HFT_CHECK(valid);  // as parse_params wrote it
  }
  return strcmp(next.name, name) == 0;
}

hft_status hft_params_apply(const hft_params *params, const hft_section *section, void *values,
                            const char *where, hft_error *error) {
  const char *at = params->text + 1;
  while (*at != '}') {
    pair next;
    bool valid = read_pair(&at, &next);
    HFT_CHECK(valid);  // as parse_params wrote it
    hft_status status = apply_pair(params, &next, section, values, where, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_key_parse(const hft_key *key, const char *text, void *params, const char *where,
                         hft_error *error) {
  void *member = (char *)params + key->offset;
  int64_t whole;
  double real;
  switch (key->kind) {
    case HFT_KEY_INT:
      if (!hft_parse_int(text, &whole)) {
        return is_long_int(text) ? fail_range(key, text, where, error)
                                 : fail_kind(key, "a whole number", text, where, error);
      }
      if ((double)whole < key->low || (double)whole > key->high) {
        return fail_range(key, text, where, error);
      }
      *(int64_t *)member = whole;
      return HFT_OK;
    case HFT_KEY_REAL:
      if (!read_real(text, &real)) return fail_kind(key, "a number", text, where, error);
      if (real < key->low || real > key->high) return fail_range(key, text, where, error);
      *(double *)member = real;
      return HFT_OK;
    case HFT_KEY_BOOL:
      if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return fail_kind(key, "true or false", text, where, error);
      }
      *(bool *)member = text[0] == 't';
      return HFT_OK;
    case HFT_KEY_CHOICE:
      whole = choice_index(key->unit, text);
      if (whole < 0) {
        return hft_fail(error, HFT_ECONFIG, where, "'%s' is not one of %s", text, key->unit);
      }
      *(int64_t *)member = whole;
      return HFT_OK;
    case HFT_KEY_TEXT:
      return parse_text(key, text, member, where, error);
    case HFT_KEY_PATH:
      return parse_path(key, text, member, where, error);
    case HFT_KEY_LIST:
      return parse_list(key, text, member, where, error);
    case HFT_KEY_PARAMS:
      return parse_params(key, text, member, where, error);
  }
  return HFT_EINVAL;
}

// The fewest digits that read back as the same double: plain notation (10, 0.00025) for moderate
// exponents, otherwise 1e+20.
static void print_real(double value, char *text, size_t size) {
  char scientific[32];
  int decimals = 0;
  do {
    snprintf(scientific, sizeof scientific, "%.*e", decimals, value);
  } while (strtod(scientific, NULL) != value && ++decimals < 17);
  long exponent = strtol(strchr(scientific, 'e') + 1, NULL, 10);
  if (exponent < PLAIN_EXPONENT_MIN || exponent > PLAIN_EXPONENT_MAX) {
    snprintf(text, size, "%s", scientific);
  } else {
    snprintf(text, size, "%.*f", decimals > exponent ? decimals - (int)exponent : 0, value);
  }
}

void hft_key_print(const hft_key *key, const void *params, char *text, size_t size) {
  const void *member = (const char *)params + key->offset;
  switch (key->kind) {
    case HFT_KEY_INT:
      snprintf(text, size, "%" PRId64, *(const int64_t *)member);
      return;
    case HFT_KEY_REAL:
      print_real(*(const double *)member, text, size);
      return;
    case HFT_KEY_BOOL:
      snprintf(text, size, "%s", *(const bool *)member ? "true" : "false");
      return;
    case HFT_KEY_CHOICE:
      choice_name(key->unit, *(const int64_t *)member, text, size);
      return;
    case HFT_KEY_TEXT:
      snprintf(text, size, "%s", ((const hft_text *)member)->text);
      return;
    case HFT_KEY_PATH:
      snprintf(text, size, "%s", ((const hft_path *)member)->text);
      return;
    case HFT_KEY_PARAMS:
      snprintf(text, size, "%s", ((const hft_params *)member)->text);
      return;
    case HFT_KEY_LIST: {
      const hft_list *list = member;
      size_t used = (size_t)snprintf(text, size, "[");
      for (int64_t i = 0; i < list->count && used < size; i++) {
        char item[40];
        print_real(list->value[i], item, sizeof item);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", item);
      }
      if (used < size) snprintf(text + used, size - used, "]");
      return;
    }
  }
}

void hft_section_defaults(const hft_section *section, void *params) {
  memset(params, 0, section->size);
  for (int i = 0; i < section->key_count; i++) {
    hft_error error;
    hft_status status =
        hft_key_parse(&section->keys[i], section->keys[i].preset, params, section->name, &error);
    HFT_CHECK(status == HFT_OK);
  }
}

const hft_key *hft_section_find(const hft_section *section, const char *name) {
  for (int i = 0; i < section->key_count; i++) {
    if (strcmp(section->keys[i].name, name) == 0) return &section->keys[i];
  }
  return NULL;
}

// Levenshtein distance of two names, each cut to NAME_MAX_LENGTH characters.
static int edit_distance(const char *a, const char *b) {
  int row[NAME_MAX_LENGTH + 1];
  int length_a = (int)strnlen(a, NAME_MAX_LENGTH);
  int length_b = (int)strnlen(b, NAME_MAX_LENGTH);
  for (int j = 0; j <= length_b; j++) row[j] = j;
  for (int i = 1; i <= length_a; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= length_b; j++) {
      bool differ = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
      int substitute = diagonal + differ;
      diagonal = row[j];
      int insert = row[j - 1] + 1;
      int delete = row[j] + 1;
      int least = insert < delete ? insert : delete;
      row[j] = substitute < least ? substitute : least;
    }
  }
  return row[length_b];
}

const char *hft_nearest(const char *name, const char *const *candidates, int count) {
  const char *best = NULL;
  int best_distance = 1 + (int)strnlen(name, NAME_MAX_LENGTH) / 3;
  for (int i = 0; i < count; i++) {
    int distance = edit_distance(name, candidates[i]);
    if (distance <= best_distance) {
      best = candidates[i];
      best_distance = distance - 1;
    }
  }
  return best;
}

const char *hft_section_nearest(const hft_section *section, const char *name) {
  const char *names[CANDIDATE_MAX];
  HFT_CHECK(section->key_count <= CANDIDATE_MAX);
  for (int i = 0; i < section->key_count; i++) names[i] = section->keys[i].name;
  return hft_nearest(name, names, section->key_count);
}
