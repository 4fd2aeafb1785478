#include "eval/results_schema.h"

#define COLUMN(kind, name, unit, help) {#name, HFT_COLUMN_##kind, offsetof(ROW, name), unit, help},
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define ROW hft_results_step
static const hft_column step_columns[] = {HFT_STEP_COLUMNS(COLUMN)};
#undef ROW
#define ROW hft_results_fill
static const hft_column fill_columns[] = {HFT_FILL_COLUMNS(COLUMN)};
#undef ROW
#define ROW hft_results_depth
static const hft_column depth_columns[] = {HFT_DEPTH_COLUMNS(COLUMN)};
#undef ROW

static const hft_table_schema steps = {
    .name = "steps",
    .help = "the account at the ends of the steps",
    .columns = step_columns,
    .column_count = COUNT(step_columns),
    .row_size = sizeof(hft_results_step),
    .chunk_rows = 4096,
};

static const hft_table_schema fills = {
    .name = "fills",
    .help = "the executions of the contestant's orders",
    .columns = fill_columns,
    .column_count = COUNT(fill_columns),
    .row_size = sizeof(hft_results_fill),
    .chunk_rows = 4096,
};

static const hft_table_schema depth = {
    .name = "depth",
    .help = "the best levels of the book over time, in one or a few episodes",
    .columns = depth_columns,
    .column_count = COUNT(depth_columns),
    .row_size = sizeof(hft_results_depth),
    .chunk_rows = 256,
};

const hft_table_schema *const hft_results_schema[HFT_RESULTS_TABLES] = {&steps, &fills, &depth};
