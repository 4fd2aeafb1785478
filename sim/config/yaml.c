#include "sim/config/yaml.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "sim/base/check.h"

#define DEPTH_MAX 16  // also in the text of its error

typedef struct node {
  hft_yaml_kind kind;
  int line;
  int first, count;  // its children in `child`; a map has keys and values alternating
  size_t text;       // offset of a scalar's text
  bool plain;        // an unquoted scalar
} node;

// Node 0 is unused, so that 0 means "none".
struct hft_yaml {
  node *node;
  int node_count, node_capacity;
  int *child;
  int child_count, child_capacity;
  char *text;
  size_t text_size, text_capacity;
  hft_yaml_node root;
};

// A list or map whose end has not been read; its children so far are in `pending` from `first` on.
typedef struct open_node {
  hft_yaml_node node;
  int first;
} open_node;

typedef struct reader {
  yaml_parser_t parser;
  hft_yaml *yaml;
  const char *where;
  hft_error *error;
  int *pending;
  int pending_count, pending_capacity;
  open_node open[DEPTH_MAX];
  int depth;
} reader;

// A key of a map, to be sorted.
typedef struct named_node {
  const char *name;
  hft_yaml_node node;
} named_node;

static hft_status fail_at(const reader *r, size_t line, const char *problem) {
  char place[sizeof r->error->where];
  snprintf(place, sizeof place, "%.140s:%zu", r->where, line);
  return hft_fail(r->error, HFT_ECONFIG, place, "%s", problem);
}

static hft_status fail_memory(const reader *r) {
  return hft_fail(r->error, HFT_ENOMEM, r->where, "out of memory reading the text");
}

// The array, grown if needed to hold `needed` elements; null if out of memory, with the array kept.
static void *reserve(void *array, int needed, int *capacity, size_t element_size) {
  if (needed <= *capacity) return array;
  if (needed > INT_MAX / 2) return NULL;
  int larger = 2 * needed;
  void *result = realloc(array, (size_t)larger * element_size);
  if (result != NULL) *capacity = larger;
  return result;
}

// Attaches a node to the innermost open node, or makes it the root.
static hft_status attach(reader *r, hft_yaml_node child) {
  if (r->depth == 0) {
    r->yaml->root = child;
    return HFT_OK;
  }
  int *pending =
      reserve(r->pending, r->pending_count + 1, &r->pending_capacity, sizeof r->pending[0]);
  if (pending == NULL) return fail_memory(r);
  r->pending = pending;
  r->pending[r->pending_count++] = child;
  return HFT_OK;
}

static hft_status add_node(reader *r, hft_yaml_kind kind, size_t line, hft_yaml_node *out) {
  hft_yaml *yaml = r->yaml;
  int index = yaml->node_count > 0 ? yaml->node_count : 1;
  node *nodes = reserve(yaml->node, index + 1, &yaml->node_capacity, sizeof yaml->node[0]);
  if (nodes == NULL) return fail_memory(r);
  yaml->node = nodes;
  yaml->node[index] = (node){.kind = kind, .line = (int)line};
  yaml->node_count = index + 1;
  *out = index;
  return attach(r, index);
}

static bool is_key(const reader *r) {
  if (r->depth == 0) return false;
  const open_node *open = &r->open[r->depth - 1];
  return r->yaml->node[open->node].kind == HFT_YAML_MAP &&
         (r->pending_count - open->first) % 2 == 0;
}

// Anchors and tags are refused: they would give a text a meaning that the schema does not show.
static hft_status check_plain(const reader *r, size_t line, const yaml_char_t *anchor,
                              const yaml_char_t *tag) {
  if (anchor != NULL) return fail_at(r, line, "anchors and aliases are not supported");
  if (tag != NULL) return fail_at(r, line, "tags are not supported");
  return HFT_OK;
}

static hft_status read_scalar(reader *r, const yaml_event_t *event) {
  size_t line = event->start_mark.line + 1;
  const char *value = (const char *)event->data.scalar.value;
  size_t length = event->data.scalar.length;
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  hft_status status = check_plain(r, line, event->data.scalar.anchor, event->data.scalar.tag);
  if (status != HFT_OK) return status;
  if (memchr(value, '\0', length) != NULL) return fail_at(r, line, "a value contains a zero byte");
  if (is_key(r) && plain && strcmp(value, "<<") == 0) {
    return fail_at(r, line, "merge keys (<<) are not supported");
  }
  if (r->depth == 0 && plain && length == 0) return HFT_OK;  // an empty document

  hft_yaml *yaml = r->yaml;
  if (yaml->text_capacity - yaml->text_size < length + 1) {
    size_t capacity = 2 * (yaml->text_size + length + 1);
    char *text = realloc(yaml->text, capacity);
    if (text == NULL) return fail_memory(r);
    yaml->text = text;
    yaml->text_capacity = capacity;
  }
  hft_yaml_node index;
  status = add_node(r, HFT_YAML_SCALAR, line, &index);
  if (status != HFT_OK) return status;
  yaml->node[index].text = yaml->text_size;
  yaml->node[index].plain = plain;
  memcpy(yaml->text + yaml->text_size, value, length + 1);
  yaml->text_size += length + 1;
  return HFT_OK;
}

static hft_status begin(reader *r, hft_yaml_kind kind, const yaml_event_t *event,
                        const yaml_char_t *anchor, const yaml_char_t *tag) {
  size_t line = event->start_mark.line + 1;
  hft_status status = check_plain(r, line, anchor, tag);
  if (status != HFT_OK) return status;
  if (is_key(r)) return fail_at(r, line, "a key must be a name, not a list or a map");
  if (r->depth == DEPTH_MAX) return fail_at(r, line, "lists and maps are nested more than 16 deep");
  hft_yaml_node index;
  status = add_node(r, kind, line, &index);
  if (status != HFT_OK) return status;
  r->open[r->depth++] = (open_node){.node = index, .first = r->pending_count};
  return HFT_OK;
}

static int compare_names(const void *a, const void *b) {
  const named_node *left = a;
  const named_node *right = b;
  int order = strcmp(left->name, right->name);
  return order != 0 ? order : (left->node > right->node) - (left->node < right->node);
}

// Sorting keeps a map of a hundred thousand keys, as an attacker may send, cheap to check.
static hft_status check_keys_differ(const reader *r, hft_yaml_node map) {
  const hft_yaml *yaml = r->yaml;
  int count = hft_yaml_count(yaml, map);
  if (count < 2) return HFT_OK;
  named_node *keys = malloc((size_t)count * sizeof keys[0]);
  if (keys == NULL) return fail_memory(r);
  for (int i = 0; i < count; i++) {
    hft_yaml_node value;
    hft_yaml_pair(yaml, map, i, &keys[i].node, &value);
    keys[i].name = hft_yaml_text(yaml, keys[i].node);
  }
  qsort(keys, (size_t)count, sizeof keys[0], compare_names);
  hft_status status = HFT_OK;
  for (int i = 1; i < count && status == HFT_OK; i++) {
    if (strcmp(keys[i - 1].name, keys[i].name) != 0) continue;
    char problem[128];
    snprintf(problem, sizeof problem, "duplicate key '%.64s', first defined in line %d",
             keys[i].name, hft_yaml_line(yaml, keys[i - 1].node));
    status = fail_at(r, (size_t)hft_yaml_line(yaml, keys[i].node), problem);
  }
  free(keys);
  return status;
}

static hft_status end(reader *r) {
  hft_yaml *yaml = r->yaml;
  open_node open = r->open[--r->depth];
  int count = r->pending_count - open.first;
  if (count > 0) {
    int *child = reserve(yaml->child, yaml->child_count + count, &yaml->child_capacity,
                         sizeof yaml->child[0]);
    if (child == NULL) return fail_memory(r);
    yaml->child = child;
    memcpy(child + yaml->child_count, r->pending + open.first, (size_t)count * sizeof child[0]);
  }
  node *closed = &yaml->node[open.node];
  closed->first = yaml->child_count;
  closed->count = count;
  yaml->child_count += count;
  r->pending_count = open.first;
  return closed->kind == HFT_YAML_MAP ? check_keys_differ(r, open.node) : HFT_OK;
}

static hft_status read_event(reader *r, const yaml_event_t *event, int *documents) {
  switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
      if (++*documents == 1) return HFT_OK;
      return fail_at(r, event->start_mark.line + 1, "second document; only one is allowed");
    case YAML_ALIAS_EVENT:
      return fail_at(r, event->start_mark.line + 1, "anchors and aliases are not supported");
    case YAML_SCALAR_EVENT:
      return read_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
      return begin(r, HFT_YAML_LIST, event, event->data.sequence_start.anchor,
                   event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
      return begin(r, HFT_YAML_MAP, event, event->data.mapping_start.anchor,
                   event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      return end(r);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      return HFT_OK;
  }
  return HFT_OK;
}

static hft_status fail_syntax(const reader *r, const char *text, size_t length) {
  const yaml_parser_t *parser = &r->parser;
  if (parser->error == YAML_MEMORY_ERROR) return fail_memory(r);
  size_t line = parser->problem_mark.line + 1;
  if (parser->error == YAML_READER_ERROR) {  // this error has an offset instead of a mark
    line = 1;
    for (size_t i = 0; i < parser->problem_offset && i < length; i++) line += text[i] == '\n';
  }
  char problem[160];
  snprintf(problem, sizeof problem, "not YAML: %s%s%s",
           parser->problem != NULL ? parser->problem : "syntax error",
           parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");
  return fail_at(r, line, problem);
}

hft_status hft_yaml_read(const char *text, size_t length, const char *where, hft_yaml **out,
                         hft_error *error) {
  static const char mark[] = {'\xef', '\xbb', '\xbf'};
  if (length >= sizeof mark && memcmp(text, mark, sizeof mark) == 0) {
    text += sizeof mark;
    length -= sizeof mark;
  }
  reader r = {.where = where, .error = error, .yaml = calloc(1, sizeof *r.yaml)};
  if (r.yaml == NULL) return fail_memory(&r);
  if (!yaml_parser_initialize(&r.parser)) {
    hft_yaml_free(r.yaml);
    return fail_memory(&r);
  }
  yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
  hft_status status = HFT_OK;
  int documents = 0;
  for (bool ended = false; !ended && status == HFT_OK;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r.parser, &event)) {
      status = fail_syntax(&r, text, length);
      break;
    }
    ended = event.type == YAML_STREAM_END_EVENT;
    status = read_event(&r, &event, &documents);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&r.parser);
  free(r.pending);
  if (status != HFT_OK) {
    hft_yaml_free(r.yaml);
    return status;
  }
  *out = r.yaml;
  return HFT_OK;
}

void hft_yaml_free(hft_yaml *yaml) {
  if (yaml == NULL) return;
  free(yaml->node);
  free(yaml->child);
  free(yaml->text);
  free(yaml);
}

static const node *node_at(const hft_yaml *yaml, hft_yaml_node index) {
  HFT_CHECK(index > 0 && index < yaml->node_count);
  return &yaml->node[index];
}

hft_yaml_node hft_yaml_root(const hft_yaml *yaml) {
  return yaml->root;
}

hft_yaml_kind hft_yaml_kind_of(const hft_yaml *yaml, hft_yaml_node index) {
  return node_at(yaml, index)->kind;
}

int hft_yaml_line(const hft_yaml *yaml, hft_yaml_node index) {
  return node_at(yaml, index)->line;
}

const char *hft_yaml_text(const hft_yaml *yaml, hft_yaml_node scalar) {
  const node *at = node_at(yaml, scalar);
  HFT_CHECK(at->kind == HFT_YAML_SCALAR);
  return yaml->text + at->text;
}

bool hft_yaml_is_null(const hft_yaml *yaml, hft_yaml_node index) {
  const node *at = node_at(yaml, index);
  if (at->kind != HFT_YAML_SCALAR || !at->plain) return false;
  const char *text = yaml->text + at->text;
  return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

int hft_yaml_count(const hft_yaml *yaml, hft_yaml_node index) {
  const node *at = node_at(yaml, index);
  return at->kind == HFT_YAML_MAP ? at->count / 2 : at->count;
}

hft_yaml_node hft_yaml_item(const hft_yaml *yaml, hft_yaml_node list, int index) {
  const node *at = node_at(yaml, list);
  HFT_CHECK(at->kind == HFT_YAML_LIST && index >= 0 && index < at->count);
  return yaml->child[at->first + index];
}

void hft_yaml_pair(const hft_yaml *yaml, hft_yaml_node map, int index, hft_yaml_node *key,
                   hft_yaml_node *value) {
  const node *at = node_at(yaml, map);
  HFT_CHECK(at->kind == HFT_YAML_MAP && index >= 0 && index < at->count / 2);
  *key = yaml->child[at->first + 2 * index];
  *value = yaml->child[at->first + 2 * index + 1];
}
