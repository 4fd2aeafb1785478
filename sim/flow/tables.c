#include "sim/flow/tables.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/config/key.h"
#include "sim/config/yaml.h"

#define SCHEMA 1

// An entry of the file. Its values stand in the struct row after row, `width` of them each, of
// which the first `count` are used where the row has that many points by the file's choice.
typedef struct field {
  const char *name;
  size_t offset;        // of the first value
  size_t count_offset;  // of the number of points, or NO_COUNT: all of `width`
  int rows, width;      // rows 0: a number
  double low, high;     // inclusive bounds of every value
  enum { ANY, ASCENDING, STRICT, SHARES } order;  // of a row; SHARES: it sums to 1
  bool optional;                                  // a file may lack it
} field;

#define NO_COUNT SIZE_MAX
#define TABLE hft_flow_tables
#define NUMBER(name, low, high) \
  { #name, offsetof(TABLE, name), NO_COUNT, 0, 1, low, high, ANY }
#define ROWS(name, rows, low, high, order)                                            \
  {                                                                                   \
#name, offsetof(TABLE, name), NO_COUNT, rows,                                     \
        (int)(sizeof(((TABLE *)0)->name) / sizeof(double) / (rows)), low, high, order \
  }
#define OPTIONAL(name, low, high, order)                                                           \
  {                                                                                                \
#name, offsetof(TABLE, name), NO_COUNT, 1, (int)(sizeof(((TABLE *)0)->name) / sizeof(double)), \
        low, high, order, true                                                                     \
  }
#define POINTS(name, rows, most, low, high)                                                 \
  {                                                                                         \
#name, offsetof(TABLE, name.value), offsetof(TABLE, name.count), rows, most, low, high, \
        ASCENDING                                                                           \
  }

#define LOTS 1e9
#define TICKS 1e6
#define WEIGHT 20.0  // logarithm of a weight

enum { PREVIOUS_ROWS = 2 * HFT_FLOW_EVENTS * HFT_FLOW_EVENTS };

static const field fields[] = {
    ROWS(spread_edges, 1, 2, TICKS, STRICT),
    NUMBER(spread_mean, 1, TICKS),
    NUMBER(spread_cap, 2, TICKS),
    ROWS(wait_spread_edges, 1, 1, TICKS, STRICT),
    ROWS(activity_edges, 1, -12, 6, STRICT),
    NUMBER(activity_start, -12, 6),
    NUMBER(activity_gain, 0, 1),
    POINTS(wait, HFT_FLOW_GROUPS *HFT_FLOW_EVENTS *HFT_FLOW_ACTIVITIES, HFT_FLOW_WAIT_POINTS_MAX,
           -12, 5),
    ROWS(wait_edges, 1, 0, 1e5, STRICT),
    ROWS(base, 1, -WEIGHT, WEIGHT, ANY),
    ROWS(spread, HFT_FLOW_EVENTS, -WEIGHT, WEIGHT, ANY),
    ROWS(imbalance, HFT_FLOW_EVENTS, -WEIGHT, WEIGHT, ANY),
    ROWS(previous, PREVIOUS_ROWS, -WEIGHT, WEIGHT, ANY),
    ROWS(before, HFT_FLOW_EVENTS, -WEIGHT, WEIGHT, ANY),
    ROWS(move, HFT_FLOW_EVENTS, -WEIGHT, WEIGHT, ANY),
    NUMBER(move_spread, 0, TICKS),
    ROWS(queue_exponent, 1, -3, 3, ANY),
    NUMBER(queue_mean, 1, LOTS),
    ROWS(orders_exponent, 1, -3, 3, ANY),
    NUMBER(orders_mean, 4, 1e6),
    ROWS(cancel_rank, 2, 0, 1e6, ANY),
    ROWS(cancel_distance, 1, 0, 1e6, ANY),
    ROWS(cancel_best_rank, 2, 0, 1e6, ANY),
    OPTIONAL(size_edges, 1, LOTS, STRICT),
    OPTIONAL(cancel_size, 0, 1e6, ANY),
    POINTS(improve, HFT_FLOW_SPREADS, HFT_FLOW_PLACE_POINTS_MAX, 1, TICKS),
    POINTS(behind, HFT_FLOW_SPREADS, HFT_FLOW_PLACE_POINTS_MAX, 1, TICKS),
    POINTS(size_improve, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    POINTS(size_join, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    POINTS(size_behind, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    POINTS(size_partial, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    POINTS(size_beyond, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    ROWS(queue_edges, 1, 1, LOTS, STRICT),
    ROWS(market_split, HFT_FLOW_QUEUES, 0, 1, SHARES),
    NUMBER(market_size, 1, LOTS),
    POINTS(open_distance, 1, HFT_FLOW_POINTS_MAX, 0, TICKS),
    POINTS(open_size, 1, HFT_FLOW_POINTS_MAX, 1, LOTS),
    NUMBER(volatility, 1e-6, TICKS),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static double *row_of(hft_flow_tables *tables, const field *f, int row) {
  return (double *)((char *)tables + f->offset) + (ptrdiff_t)row * f->width;
}

static int64_t points_of(const hft_flow_tables *tables, const field *f) {
  if (f->count_offset == NO_COUNT) return f->width;
  return *(const int64_t *)((const char *)tables + f->count_offset);
}

// ---- reading -----------------------------------------------------------------------------------

typedef struct reader {
  const hft_yaml *yaml;
  const char *where;
  hft_flow_tables *tables;
  hft_error *error;
} reader;

#define PLACE_SIZE 320

// "file:line"
static const char *place(const reader *r, hft_yaml_node node, char text[PLACE_SIZE]) {
  snprintf(text, PLACE_SIZE, "%s:%d", r->where, hft_yaml_line(r->yaml, node));
  return text;
}

static hft_status read_number(const reader *r, const field *f, hft_yaml_node node, double *value) {
  char at[PLACE_SIZE];
  if (hft_yaml_kind_of(r->yaml, node) != HFT_YAML_SCALAR ||
      !hft_parse_real(hft_yaml_text(r->yaml, node), value)) {
    return hft_fail(r->error, HFT_ECONFIG, place(r, node, at), "%s: expected a number", f->name);
  }
  if (*value >= f->low && *value <= f->high) return HFT_OK;
  return hft_fail(r->error, HFT_ECONFIG, place(r, node, at), "%s: %g is outside %g .. %g", f->name,
                  *value, f->low, f->high);
}

static hft_status check_row(const reader *r, const field *f, hft_yaml_node node, const double *row,
                            int64_t count) {
  char at[PLACE_SIZE];
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    sum += row[i];
    bool falls = i > 0 && (row[i] < row[i - 1] || (f->order == STRICT && row[i] == row[i - 1]));
    if (falls && (f->order == ASCENDING || f->order == STRICT)) {
      return hft_fail(r->error, HFT_ECONFIG, place(r, node, at), "%s: %g after %g; values must %s",
                      f->name, row[i], row[i - 1],
                      f->order == STRICT ? "increase" : "not decrease");
    }
  }
  if (f->order == SHARES && fabs(sum - 1) > 1e-3) {
    return hft_fail(r->error, HFT_ECONFIG, place(r, node, at),
                    "%s: the probabilities of a row sum to %g, not to 1", f->name, sum);
  }
  return HFT_OK;
}

// Reads one row. Where the file chooses the number of points, the first row sets it.
static hft_status read_row(const reader *r, const field *f, hft_yaml_node node, int row) {
  char at[PLACE_SIZE];
  int64_t *points =
      f->count_offset == NO_COUNT ? NULL : (int64_t *)((char *)r->tables + f->count_offset);
  bool is_list = hft_yaml_kind_of(r->yaml, node) == HFT_YAML_LIST;
  int count = is_list ? hft_yaml_count(r->yaml, node) : 0;
  if (points != NULL && row == 0 && count >= 2 && count <= f->width) *points = count;
  int64_t expected = points == NULL ? f->width : *points;
  if (!is_list || count != expected) {
    if (points != NULL && row == 0) {
      return hft_fail(r->error, HFT_ECONFIG, place(r, node, at),
                      "%s: expected a list of 2 to %d numbers", f->name, f->width);
    }
    return hft_fail(r->error, HFT_ECONFIG, place(r, node, at),
                    "%s: expected a list of %d numbers, found %d", f->name, (int)expected, count);
  }
  double *value = row_of(r->tables, f, row);
  for (int i = 0; i < count; i++) {
    hft_status status = read_number(r, f, hft_yaml_item(r->yaml, node, i), &value[i]);
    if (status != HFT_OK) return status;
  }
  return check_row(r, f, node, value, count);
}

static hft_status read_field(const reader *r, const field *f, hft_yaml_node node) {
  if (f->rows == 0) return read_number(r, f, node, row_of(r->tables, f, 0));
  if (f->rows == 1) return read_row(r, f, node, 0);
  char at[PLACE_SIZE];
  bool is_list = hft_yaml_kind_of(r->yaml, node) == HFT_YAML_LIST;
  int count = is_list ? hft_yaml_count(r->yaml, node) : 0;
  if (count != f->rows) {
    return hft_fail(r->error, HFT_ECONFIG, place(r, node, at),
                    "%s: expected a list of %d rows, found %d", f->name, f->rows, count);
  }
  for (int row = 0; row < f->rows; row++) {
    hft_status status = read_row(r, f, hft_yaml_item(r->yaml, node, row), row);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static int find_field(const char *name) {
  int i = 0;
  while (i < FIELDS && strcmp(fields[i].name, name) != 0) i++;
  return i;
}

static hft_status unknown_name(const reader *r, hft_yaml_node key) {
  char at[PLACE_SIZE];
  const char *names[FIELDS + 1];
  for (int i = 0; i < FIELDS; i++) names[i] = fields[i].name;
  names[FIELDS] = "schema";
  const char *name = hft_yaml_text(r->yaml, key);
  const char *near = hft_nearest(name, names, FIELDS + 1);
  return hft_fail(r->error, HFT_ECONFIG, place(r, key, at), "unknown table '%s'%s%s%s", name,
                  near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                  near != NULL ? "'?" : "");
}

static hft_status read_schema(const reader *r, hft_yaml_node node) {
  char at[PLACE_SIZE];
  int64_t schema = 0;
  if (hft_yaml_kind_of(r->yaml, node) == HFT_YAML_SCALAR &&
      hft_parse_int(hft_yaml_text(r->yaml, node), &schema) && schema == SCHEMA) {
    return HFT_OK;
  }
  return hft_fail(r->error, HFT_ECONFIG, place(r, node, at),
                  "schema: this version reads tables of schema %d", SCHEMA);
}

static hft_status read_map(const reader *r, hft_yaml_node root) {
  bool found[FIELDS] = {false}, has_schema = false;
  int count = hft_yaml_count(r->yaml, root);
  for (int i = 0; i < count; i++) {
    hft_yaml_node key, value;
    hft_yaml_pair(r->yaml, root, i, &key, &value);
    const char *name = hft_yaml_text(r->yaml, key);
    int at = find_field(name);
    hft_status status;
    if (strcmp(name, "schema") == 0) {
      has_schema = true;
      status = read_schema(r, value);
    } else if (at == FIELDS) {
      status = unknown_name(r, key);
    } else {
      found[at] = true;
      status = read_field(r, &fields[at], value);
    }
    if (status != HFT_OK) return status;
  }
  if (!has_schema) {
    return hft_fail(r->error, HFT_ECONFIG, r->where, "schema: missing; expected schema: %d",
                    SCHEMA);
  }
  for (int i = 0; i < FIELDS; i++) {
    if (!found[i] && !fields[i].optional)
      return hft_fail(r->error, HFT_ECONFIG, r->where, "%s: missing", fields[i].name);
  }
  return HFT_OK;
}

// ---- what no single value shows ----------------------------------------------------------------

// Without the optional tables, sizes make no difference.
static void set_optional(hft_flow_tables *tables) {
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    tables->cancel_size[k] = 1;
    if (k > 0) tables->size_edges[k - 1] = k + 1;
  }
}

// Some order can be cancelled whatever the ranks and distances of the orders are.
static hft_status check_cancels(const reader *r) {
  const hft_flow_tables *t = r->tables;
  for (int k = 0; k < HFT_FLOW_DISTANCES; k++) {
    if (t->cancel_distance[k] <= 0) {
      return hft_fail(r->error, HFT_ECONFIG, r->where,
                      "cancel_distance: no order of distance class %d could ever be cancelled; "
                      "values must be above 0",
                      k);
    }
  }
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    if (t->cancel_size[k] > 0) continue;
    return hft_fail(r->error, HFT_ECONFIG, r->where,
                    "cancel_size: no order of size class %d could ever be cancelled; values must "
                    "be above 0",
                    k);
  }
  for (int k = 0; k < 2 * HFT_FLOW_RANKS; k++) {
    int after = k / HFT_FLOW_RANKS, rank = k % HFT_FLOW_RANKS;
    if (t->cancel_rank[after][rank] > 0 && t->cancel_best_rank[after][rank] > 0) continue;
    return hft_fail(r->error, HFT_ECONFIG, r->where,
                    "cancel_rank, cancel_best_rank: no order of rank class %d could ever be "
                    "cancelled; values must be above 0",
                    rank);
  }
  return HFT_OK;
}

static hft_status check_whole(const reader *r) {
  const hft_flow_tables *t = r->tables;
  if (t->spread_cap < t->spread_mean) {
    return hft_fail(r->error, HFT_ECONFIG, r->where, "spread_cap: %g is below spread_mean, %g",
                    t->spread_cap, t->spread_mean);
  }
  return check_cancels(r);
}

hft_status hft_flow_tables_read(const char *text, size_t length, const char *where,
                                hft_flow_tables *tables, hft_error *error) {
  if (length > HFT_FLOW_TABLES_BYTES_MAX) {
    return hft_fail(error, HFT_ECONFIG, where, "the tables are longer than %d bytes",
                    HFT_FLOW_TABLES_BYTES_MAX);
  }
  memset(tables, 0, sizeof *tables);
  set_optional(tables);
  hft_yaml *yaml;
  hft_status status = hft_yaml_read(text, length, where, &yaml, error);
  if (status != HFT_OK) return status;
  reader r = {yaml, where, tables, error};
  hft_yaml_node root = hft_yaml_root(yaml);
  if (root == 0 || hft_yaml_kind_of(yaml, root) != HFT_YAML_MAP) {
    status = hft_fail(error, HFT_ECONFIG, where, "expected a map of tables (docs/reactive.md)");
  } else {
    status = read_map(&r, root);
  }
  if (status == HFT_OK) status = check_whole(&r);
  hft_yaml_free(yaml);
  return status;
}

// ---- writing -----------------------------------------------------------------------------------

static void print_comment(FILE *out, const char *comment) {
  while (*comment != '\0') {
    size_t length = strcspn(comment, "\n");
    fprintf(out, "# %.*s\n", (int)length, comment);
    comment += length + (comment[length] == '\n');
  }
}

// Up to four digits, six for bounds of classes and large sizes.
static void print_value(FILE *out, const field *f, double value) {
  fprintf(out, "%.*g", f->high >= LOTS || f->order == STRICT ? 9 : 4, value == 0 ? 0 : value);
}

static void print_field(FILE *out, const hft_flow_tables *tables, const field *f) {
  int64_t points = points_of(tables, f);
  fprintf(out, "%s:%s", f->name, f->rows > 1 ? "\n" : " ");
  for (int row = 0; row < f->rows || row == 0; row++) {
    const double *value = row_of((hft_flow_tables *)tables, f, row);
    if (f->rows > 1) fputs("- ", out);
    if (f->rows > 0) fputc('[', out);
    for (int64_t i = 0; i < points; i++) {
      if (i > 0) fputs(", ", out);
      print_value(out, f, value[i]);
    }
    fputs(f->rows > 0 ? "]\n" : "\n", out);
  }
}

char *hft_flow_tables_print(const hft_flow_tables *tables, const char *comment) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return NULL;
  if (comment != NULL) print_comment(out, comment);
  fprintf(out, "schema: %d\n", SCHEMA);
  for (int i = 0; i < FIELDS; i++) print_field(out, tables, &fields[i]);
  bool failed = ferror(out) != 0;
  if (fclose(out) == 0 && !failed) return text;
  free(text);
  return NULL;
}
