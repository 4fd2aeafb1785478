// A YAML text as a tree of maps, lists and scalars with line numbers, read by libyaml.
#ifndef HFTSIM_SIM_CONFIG_YAML_H
#define HFTSIM_SIM_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/status.h"

// Opaque handle: a tree of nodes and their texts; read-only after hft_yaml_read.
typedef struct hft_yaml hft_yaml;

typedef enum hft_yaml_kind { HFT_YAML_SCALAR, HFT_YAML_LIST, HFT_YAML_MAP } hft_yaml_kind;

// Index of a node in its tree: 1 is the root, 0 means "none".
typedef int hft_yaml_node;

// Reads one document of `length` bytes; free *out with hft_yaml_free. An empty text has no root.
// ECONFIG, at "where:line", on a syntax error, a second document, a duplicate key, a key that is
// not a scalar, or an anchor, alias or tag. ENOMEM.
hft_status hft_yaml_read(const char *text, size_t length, const char *where, hft_yaml **out,
                         hft_error *error);
// Frees a tree; null is ignored.
void hft_yaml_free(hft_yaml *yaml);

// The root node; 0 for an empty text.
hft_yaml_node hft_yaml_root(const hft_yaml *yaml);
// The kind of a node.
hft_yaml_kind hft_yaml_kind_of(const hft_yaml *yaml, hft_yaml_node node);
// The line of a node in the text, from 1.
int hft_yaml_line(const hft_yaml *yaml, hft_yaml_node node);
// Is the node an unquoted scalar that is empty, ~ or null?
bool hft_yaml_is_null(const hft_yaml *yaml, hft_yaml_node node);
// The text of a scalar, owned by the tree.
const char *hft_yaml_text(const hft_yaml *yaml, hft_yaml_node scalar);
// The number of items of a list or of pairs of a map.
int hft_yaml_count(const hft_yaml *yaml, hft_yaml_node node);
// Item `index` of a list; the index must be in range.
hft_yaml_node hft_yaml_item(const hft_yaml *yaml, hft_yaml_node list, int index);
// The key and the value of pair `index` of a map; the index must be in range.
void hft_yaml_pair(const hft_yaml *yaml, hft_yaml_node map, int index, hft_yaml_node *key,
                   hft_yaml_node *value);

#endif
