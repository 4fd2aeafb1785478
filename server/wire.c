#include "server/wire.h"

#include <inttypes.h>
#include <math.h>
#include <msgpack.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/scan.h"
#include "sim/base/check.h"
#include "sim/config/key.h"

static const char *const kind_names[HFT_WIRE_KIND_COUNT] = {
#define X(name, text) text,
    HFT_WIRE_KIND_MAP(X)
#undef X
};

static const char *const code_names[HFT_WIRE_CODE_COUNT] = {
#define X(name, text) text,
    HFT_WIRE_CODE_MAP(X)
#undef X
};

const char *hft_wire_kind_name(hft_wire_kind kind) {
  HFT_CHECK(kind < HFT_WIRE_KIND_COUNT);
  return kind_names[kind];
}

const char *hft_wire_code_name(hft_wire_code code) {
  HFT_CHECK(code < HFT_WIRE_CODE_COUNT);
  return code_names[code];
}

#undef hft_wire_fail  // wire.h defines one for clang-tidy
hft_wire_code hft_wire_fail(hft_wire_fault *fault, hft_wire_code code, const char *where,
                            const char *format, ...) {
  fault->code = code;
  fault->retry_after = 0;
  snprintf(fault->where, sizeof fault->where, "%s", where);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault->text, sizeof fault->text, format, arguments);
  va_end(arguments);
  return code;
}

hft_wire_code hft_wire_fail_error(hft_wire_fault *fault, const hft_error *error) {
  hft_wire_code code = error->status == HFT_ECONFIG ? HFT_WIRE_CONFIG : HFT_WIRE_INTERNAL;
  return hft_wire_fail(fault, code, error->where, "%s", error->text);
}

hft_wire_code hft_wire_fail_config(hft_wire_fault *fault, const hft_error *error) {
  hft_error of_config = *error;
  if (error->status == HFT_EIO || error->status == HFT_EDATA) of_config.status = HFT_ECONFIG;
  return hft_wire_fail_error(fault, &of_config);
}

// A header while it is decoded.
typedef struct header_reader {
  const msgpack_object_map *map;
  hft_wire_request *request;
  hft_wire_fault *fault;
} header_reader;

static const char *type_name(const msgpack_object *value) {
  switch (value->type) {
    case MSGPACK_OBJECT_NIL:
      return "nil";
    case MSGPACK_OBJECT_BOOLEAN:
      return "a boolean";
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      return "a uint";
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      return "a negative integer";
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
      return "a float";
    case MSGPACK_OBJECT_STR:
      return "a str";
    case MSGPACK_OBJECT_ARRAY:
      return "an array";
    case MSGPACK_OBJECT_MAP:
      return "a map";
    case MSGPACK_OBJECT_BIN:
      return "a bin";
    case MSGPACK_OBJECT_EXT:
      return "an ext";
  }
  return "of an unknown type";
}

static bool is_name(const msgpack_object *text, const char *name) {
  return text->type == MSGPACK_OBJECT_STR && text->via.str.size == strlen(name) &&
         memcmp(text->via.str.ptr, name, text->via.str.size) == 0;
}

static const msgpack_object *find(const header_reader *reader, const char *key) {
  for (uint32_t i = 0; i < reader->map->size; i++) {
    if (is_name(&reader->map->ptr[i].key, key)) return &reader->map->ptr[i].val;
  }
  return NULL;
}

static hft_wire_code missing(const header_reader *reader, const char *key, const char *wanted) {
  return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, key, "the key '%s' is missing: %s", key,
                       wanted);
}

static hft_wire_code wrong_type(const header_reader *reader, const char *key, const char *wanted,
                                const msgpack_object *value) {
  return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, key, "'%s' must be %s, not %s", key,
                       wanted, type_name(value));
}

// Copies a text into the request. Null: no room, which the limit on the header's size excludes.
static const char *keep_text(hft_wire_request *request, const char *text, size_t size) {
  if (size >= sizeof request->text - request->text_used) return NULL;
  char *kept = request->text + request->text_used;
  memcpy(kept, text, size);
  kept[size] = '\0';
  request->text_used += size + 1;
  return kept;
}

static const char *keep_str(hft_wire_request *request, const msgpack_object *text) {
  return keep_text(request, text->via.str.ptr, text->via.str.size);
}

// Reads a str of at most `most` bytes; *out is null where the key is absent and optional.
static hft_wire_code read_str(const header_reader *reader, const char *key, bool required,
                              size_t most, const char **out) {
  *out = NULL;
  const msgpack_object *value = find(reader, key);
  if (value == NULL) return required ? missing(reader, key, "a str") : HFT_WIRE_OK;
  if (value->type != MSGPACK_OBJECT_STR) return wrong_type(reader, key, "a str", value);
  if (value->via.str.size > most) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, key,
                         "'%s' has %u bytes; at most %zu are allowed", key, value->via.str.size,
                         most);
  }
  *out = keep_str(reader->request, value);
  HFT_CHECK(*out != NULL);
  return HFT_WIRE_OK;
}

static hft_wire_code read_uint(const header_reader *reader, const char *key, uint64_t *out) {
  const msgpack_object *value = find(reader, key);
  if (value == NULL) return missing(reader, key, "a uint");
  if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
    return wrong_type(reader, key, "a uint", value);
  }
  *out = value->via.u64;
  return HFT_WIRE_OK;
}

// Reads a boolean; false where the key is absent.
static hft_wire_code read_flag(const header_reader *reader, const char *key, bool *out) {
  const msgpack_object *value = find(reader, key);
  *out = false;
  if (value == NULL) return HFT_WIRE_OK;
  if (value->type != MSGPACK_OBJECT_BOOLEAN) return wrong_type(reader, key, "a boolean", value);
  *out = value->via.boolean;
  return HFT_WIRE_OK;
}

static hft_wire_code read_seed(const header_reader *reader) {
  reader->request->has_seed = find(reader, "seed") != NULL;
  return reader->request->has_seed ? read_uint(reader, "seed", &reader->request->seed)
                                   : HFT_WIRE_OK;
}

// Reads the index of the session's env 0 in a larger pool; 0 where the key is absent.
static hft_wire_code read_first_env(const header_reader *reader) {
  uint64_t *first = &reader->request->first_env;
  *first = 0;
  hft_wire_code code =
      find(reader, "first_env") != NULL ? read_uint(reader, "first_env", first) : HFT_WIRE_OK;
  if (code != HFT_WIRE_OK || *first <= UINT32_MAX) return code;
  return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "first_env",
                       "%" PRIu64 " out of range [0, 4294967295]", *first);
}

static hft_wire_code read_session(const header_reader *reader, bool required) {
  char *token = reader->request->session;
  token[0] = '\0';
  const msgpack_object *value = find(reader, "session");
  if (value == NULL) {
    return required ? missing(reader, "session", "the token that 'make' returned") : HFT_WIRE_OK;
  }
  if (value->type != MSGPACK_OBJECT_STR) return wrong_type(reader, "session", "a str", value);
  const msgpack_object_str *text = &value->via.str;
  bool is_token = text->size == HFT_WIRE_TOKEN_DIGITS;
  for (uint32_t i = 0; i < text->size && is_token; i++) {
    is_token = text->ptr[i] != '\0' && strchr("0123456789abcdef", text->ptr[i]) != NULL;
  }
  if (!is_token) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "session",
                         "'session' must be %d digits 0-9, a-f", HFT_WIRE_TOKEN_DIGITS);
  }
  memcpy(token, text->ptr, HFT_WIRE_TOKEN_DIGITS);
  token[HFT_WIRE_TOKEN_DIGITS] = '\0';
  return HFT_WIRE_OK;
}

// The shortest of the texts with 15 to 17 digits that reads back as the same double.
static int print_real(double value, char *text, size_t size) {
  int length = 0;
  for (int digits = 15; digits <= 17; digits++) {
    length = snprintf(text, size, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  return length;
}

// Writes a number as in a config. Returns its length, or -1 where the value is not a number.
static int print_number(const msgpack_object *value, char *text, size_t size) {
  switch (value->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      return snprintf(text, size, "%llu", (unsigned long long)value->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      return snprintf(text, size, "%lld", (long long)value->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
      return isfinite(value->via.f64) ? print_real(value->via.f64, text, size) : -1;
    default:
      return -1;
  }
}

// Writes a list as in a config, "[1, 2.5]". Null: an element is not a number.
static const char *keep_list(hft_wire_request *request, const msgpack_object_array *list) {
  char *start = request->text + request->text_used;
  size_t room = sizeof request->text - request->text_used;
  size_t used = 0;
  for (uint32_t i = 0; i < list->size; i++) {
    char item[40];
    int length = print_number(&list->ptr[i], item, sizeof item);
    if (length < 0 || used + sizeof item + 4 > room) return NULL;
    used += (size_t)snprintf(start + used, room - used, "%s%s", i == 0 ? "[" : ", ", item);
  }
  if (used + 3 > room) return NULL;
  used += (size_t)snprintf(start + used, room - used, "%s", list->size == 0 ? "[]" : "]");
  request->text_used += used + 1;
  return start;
}

static const char *keep_value(hft_wire_request *request, const msgpack_object *value) {
  char number[40];
  int length;
  switch (value->type) {
    case MSGPACK_OBJECT_STR:
      return keep_str(request, value);
    case MSGPACK_OBJECT_BOOLEAN:
      return value->via.boolean ? "true" : "false";
    case MSGPACK_OBJECT_ARRAY:
      return keep_list(request, &value->via.array);
    default:
      length = print_number(value, number, sizeof number);
      return length < 0 ? NULL : keep_text(request, number, (size_t)length);
  }
}

static hft_wire_code malformed(const header_reader *reader, const char *where, const char *text) {
  return hft_wire_fail(reader->fault, HFT_WIRE_MALFORMED, where, "%s", text);
}

// Checks that each key of a map is a str and occurs once.
static hft_wire_code check_keys(const header_reader *reader, const msgpack_object_map *map,
                                const char *where) {
  for (uint32_t i = 0; i < map->size; i++) {
    const msgpack_object *key = &map->ptr[i].key;
    if (key->type != MSGPACK_OBJECT_STR) return malformed(reader, where, "a key is not a str");
    for (uint32_t k = 0; k < i; k++) {
      if (msgpack_object_equal(map->ptr[k].key, *key)) {
        return hft_wire_fail(reader->fault, HFT_WIRE_MALFORMED, where,
                             "the key '%.*s' occurs twice", (int)key->via.str.size,
                             key->via.str.ptr);
      }
    }
  }
  return HFT_WIRE_OK;
}

static hft_wire_code read_overrides(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  request->override_count = 0;
  const msgpack_object *value = find(reader, "overrides");
  request->has_overrides = value != NULL;
  if (value == NULL) return HFT_WIRE_OK;
  if (value->type != MSGPACK_OBJECT_MAP) return wrong_type(reader, "overrides", "a map", value);
  const msgpack_object_map *map = &value->via.map;
  if (map->size > HFT_WIRE_PAIRS_MAX) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "overrides",
                         "%u overrides; at most %d are allowed%s", map->size, HFT_WIRE_PAIRS_MAX,
                         request->kind == HFT_WIRE_MAKE ? ": send the config as a frame" : "");
  }
  hft_wire_code code = check_keys(reader, map, "overrides");
  if (code != HFT_WIRE_OK) return code;
  for (uint32_t i = 0; i < map->size; i++) {
    hft_override *override = &request->override[request->override_count++];
    override->path = keep_str(request, &map->ptr[i].key);
    HFT_CHECK(override->path != NULL);
    override->value = keep_value(request, &map->ptr[i].val);
    if (override->value == NULL) {
      return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, override->path,
                           "the value must be a str, finite number, boolean or array of finite "
                           "numbers, not %s",
                           type_name(&map->ptr[i].val));
    }
  }
  return HFT_WIRE_OK;
}

static hft_wire_code read_hello(const header_reader *reader) {
  const char *wanted = "an array of two uints [major, minor]";
  const msgpack_object *value = find(reader, "protocol");
  if (value == NULL) return missing(reader, "protocol", wanted);
  const msgpack_object_array *pair = &value->via.array;
  if (value->type != MSGPACK_OBJECT_ARRAY || pair->size != 2 ||
      pair->ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
      pair->ptr[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "protocol", "'protocol' must be %s",
                         wanted);
  }
  reader->request->major = pair->ptr[0].via.u64;
  reader->request->minor = pair->ptr[1].via.u64;
  return read_str(reader, "client", true, HFT_WIRE_CLIENT_MAX, &reader->request->client);
}

static hft_wire_code read_autoreset(const header_reader *reader) {
  const char *wanted = "'same_step', 'manual' or 'next_step'";
  const msgpack_object *value = find(reader, "autoreset");
  reader->request->autoreset = HFT_AUTORESET_SAME_STEP;
  if (value == NULL) return HFT_WIRE_OK;
  for (int k = 0; k < HFT_AUTORESET_COUNT; k++) {
    if (!is_name(value, hft_autoreset_name((hft_autoreset)k))) continue;
    reader->request->autoreset = (hft_autoreset)k;
    return HFT_WIRE_OK;
  }
  if (value->type != MSGPACK_OBJECT_STR) return wrong_type(reader, "autoreset", wanted, value);
  return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "autoreset", "'autoreset' must be %s",
                       wanted);
}

static hft_wire_code read_make(const header_reader *reader) {
  hft_wire_code code =
      read_str(reader, "config", false, HFT_WIRE_HEADER_MAX, &reader->request->config);
  if (code == HFT_WIRE_OK) code = read_uint(reader, "num_envs", &reader->request->num_envs);
  if (code == HFT_WIRE_OK) code = read_seed(reader);
  if (code == HFT_WIRE_OK) code = read_first_env(reader);
  if (code == HFT_WIRE_OK) code = read_autoreset(reader);
  if (code == HFT_WIRE_OK) code = read_overrides(reader);
  return code;
}

static hft_wire_code read_reset(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  hft_wire_code code = read_flag(reader, "mask", &request->mask);
  if (code == HFT_WIRE_OK) code = read_flag(reader, "envs", &request->envs);
  if (code == HFT_WIRE_OK) code = read_flag(reader, "seeds", &request->seeds);
  if (code == HFT_WIRE_OK) code = read_seed(reader);
  if (code == HFT_WIRE_OK) code = read_overrides(reader);
  if (code != HFT_WIRE_OK) return code;
  if (request->mask && request->envs) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "envs",
                         "'mask' and 'envs' exclude each other");
  }
  if (request->has_seed && request->seeds) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "seeds",
                         "'seed' and 'seeds' exclude each other");
  }
  return HFT_WIRE_OK;
}

static hft_wire_code read_recv(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  request->least = 1;
  hft_wire_code code = HFT_WIRE_OK;
  if (find(reader, "least") != NULL) code = read_uint(reader, "least", &request->least);
  request->has_room = find(reader, "room") != NULL;
  if (code == HFT_WIRE_OK && request->has_room) code = read_uint(reader, "room", &request->room);
  return code;
}

static hft_wire_code read_render(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  hft_wire_code code = read_uint(reader, "env", &request->env);
  request->has_levels = find(reader, "levels") != NULL;
  if (code == HFT_WIRE_OK && request->has_levels) {
    code = read_uint(reader, "levels", &request->levels);
  }
  return code;
}

// Reads two uints.
static hft_wire_code read_uints(const header_reader *reader, const char *key, uint64_t *out,
                                const char *other_key, uint64_t *other_out) {
  hft_wire_code code = read_uint(reader, key, out);
  return code == HFT_WIRE_OK ? read_uint(reader, other_key, other_out) : code;
}

// A fork has one env `to`, or `envs`, a frame of them.
static hft_wire_code read_fork(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  hft_wire_code code = read_uint(reader, "from", &request->from_env);
  if (code == HFT_WIRE_OK) code = read_flag(reader, "envs", &request->envs);
  if (code != HFT_WIRE_OK || !request->envs) {
    return code == HFT_WIRE_OK ? read_uint(reader, "to", &request->to_env) : code;
  }
  if (find(reader, "to") == NULL) return HFT_WIRE_OK;
  return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "to",
                       "'to' and 'envs' exclude each other");
}

static hft_wire_code read_id(const header_reader *reader) {
  const msgpack_object *id = find(reader, "id");
  if (id == NULL) return malformed(reader, "id", "the header has no 'id'");
  if (id->type != MSGPACK_OBJECT_POSITIVE_INTEGER || id->via.u64 == 0 || id->via.u64 > INT64_MAX) {
    return hft_wire_fail(reader->fault, HFT_WIRE_BAD_FIELD, "id",
                         "'id' must be a uint in [1, 2^63 - 1]");
  }
  reader->request->id = id->via.u64;
  return HFT_WIRE_OK;
}

static hft_wire_code read_kind(const header_reader *reader) {
  const msgpack_object *kind = find(reader, "kind");
  if (kind == NULL) return malformed(reader, "kind", "the header has no 'kind'");
  if (kind->type != MSGPACK_OBJECT_STR) return wrong_type(reader, "kind", "a str", kind);
  for (int i = 0; i < HFT_WIRE_KIND_COUNT; i++) {
    if (is_name(kind, kind_names[i])) {
      reader->request->kind = (hft_wire_kind)i;
      return HFT_WIRE_OK;
    }
  }
  char name[32];
  snprintf(name, sizeof name, "%.*s", (int)kind->via.str.size, kind->via.str.ptr);
  const char *nearest = hft_nearest(name, kind_names, HFT_WIRE_KIND_COUNT);
  return hft_wire_fail(reader->fault, HFT_WIRE_UNKNOWN_KIND, "kind", "unknown kind '%s'%s%s%s",
                       name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
}

// Reads the fields of a request besides its session.
static hft_wire_code read_others(const header_reader *reader) {
  hft_wire_request *request = reader->request;
  switch (request->kind) {
    case HFT_WIRE_RESET:
      return read_reset(reader);
    case HFT_WIRE_STEP:
      return read_flag(reader, "envs", &request->envs);
    case HFT_WIRE_RECV:
      return read_recv(reader);
    case HFT_WIRE_RENDER:
      return read_render(reader);
    case HFT_WIRE_SAVE:
      return read_uint(reader, "env", &request->env);
    case HFT_WIRE_LOAD:
      return read_uints(reader, "env", &request->env, "save", &request->save);
    case HFT_WIRE_FORK:
      return read_fork(reader);
    case HFT_WIRE_DROP:
    case HFT_WIRE_EXPORT:
      return read_uint(reader, "save", &request->save);
    default:
      return HFT_WIRE_OK;
  }
}

static hft_wire_code read_fields(const header_reader *reader) {
  hft_wire_kind kind = reader->request->kind;
  if (kind == HFT_WIRE_HELLO) return read_hello(reader);
  if (kind == HFT_WIRE_MAKE) return read_make(reader);
  bool needs_session = kind != HFT_WIRE_PING && kind != HFT_WIRE_STATS;
  hft_wire_code code = read_session(reader, needs_session);
  return code == HFT_WIRE_OK ? read_others(reader) : code;
}

static hft_wire_code read_header(header_reader *reader, const msgpack_object *root) {
  if (root->type != MSGPACK_OBJECT_MAP) return malformed(reader, "header", "not a map");
  reader->map = &root->via.map;
  if (reader->map->size > HFT_WIRE_PAIRS_MAX) {
    return hft_wire_fail(reader->fault, HFT_WIRE_MALFORMED, "header",
                         "%u keys; at most %d are allowed", reader->map->size, HFT_WIRE_PAIRS_MAX);
  }
  hft_wire_code code = check_keys(reader, reader->map, "header");
  if (code == HFT_WIRE_OK) code = read_id(reader);
  if (code == HFT_WIRE_OK) code = read_kind(reader);
  return code == HFT_WIRE_OK ? read_fields(reader) : code;
}

hft_wire_code hft_wire_decode(const void *bytes, size_t size, hft_wire_request *request,
                              hft_wire_fault *fault) {
  header_reader reader = {NULL, request, fault};
  request->id = 0;
  request->text_used = 0;
  fault->code = HFT_WIRE_OK;
  if (size > HFT_WIRE_HEADER_MAX) {
    return hft_wire_fail(fault, HFT_WIRE_MALFORMED, "header", "%zu bytes; at most %d are allowed",
                         size, HFT_WIRE_HEADER_MAX);
  }
  const char *wrong = hft_scan(bytes, size);
  if (wrong != NULL) return malformed(&reader, "header", wrong);
  msgpack_unpacked unpacked;
  msgpack_unpacked_init(&unpacked);
  size_t offset = 0;
  msgpack_unpack_return result = msgpack_unpack_next(&unpacked, bytes, size, &offset);
  hft_wire_code code = result == MSGPACK_UNPACK_SUCCESS
                           ? read_header(&reader, &unpacked.data)
                           : hft_wire_fail(fault, HFT_WIRE_INTERNAL, "header", "out of memory");
  msgpack_unpacked_destroy(&unpacked);
  return code;
}
