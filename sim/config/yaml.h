// A YAML text as a tree of maps, lists and scalars with line numbers; a thin face of libyaml.
#ifndef HFTSIM_SIM_CONFIG_YAML_H
#define HFTSIM_SIM_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/status.h"

typedef struct hft_yaml hft_yaml;

typedef enum hft_yaml_kind { HFT_YAML_SCALAR, HFT_YAML_LIST, HFT_YAML_MAP } hft_yaml_kind;

// A node of a tree: 0 is none, the root is 1.
typedef int hft_yaml_node;

// Reads one document. An empty text has the root 0. ECONFIG on a syntax error, a second document, a
// duplicate key or a key that is not a scalar: the error's place is "where:line".
hft_status hft_yaml_read(const char *text, size_t length, const char *where, hft_yaml **out,
                         hft_error *error);
void hft_yaml_free(hft_yaml *yaml);

hft_yaml_node hft_yaml_root(const hft_yaml *yaml);
hft_yaml_kind hft_yaml_kind_of(const hft_yaml *yaml, hft_yaml_node node);
int hft_yaml_line(const hft_yaml *yaml, hft_yaml_node node);
// Is it a plain scalar that says nothing: empty, ~ or null?
bool hft_yaml_is_null(const hft_yaml *yaml, hft_yaml_node node);
const char *hft_yaml_text(const hft_yaml *yaml, hft_yaml_node scalar);
// Items of a list, or pairs of a map.
int hft_yaml_count(const hft_yaml *yaml, hft_yaml_node node);
hft_yaml_node hft_yaml_item(const hft_yaml *yaml, hft_yaml_node list, int index);
void hft_yaml_pair(const hft_yaml *yaml, hft_yaml_node map, int index, hft_yaml_node *key,
                   hft_yaml_node *value);

#endif
