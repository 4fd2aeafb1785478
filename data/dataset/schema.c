#include "data/dataset/schema.h"

#include "sim/base/check.h"
#include "sim/base/units.h"
#include "sim/market/event.h"

#define COLUMN(kind, name, unit, help) {#name, HFT_COLUMN_##kind, offsetof(ROW, name), unit, help},
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define ROW hft_event_row
static const hft_column event_columns[] = {HFT_EVENT_COLUMNS(COLUMN)};
#undef ROW
#define ROW hft_trade_row
static const hft_column trade_columns[] = {HFT_TRADE_COLUMNS(COLUMN)};
#undef ROW
#define ROW hft_snapshot_row
static const hft_column snapshot_columns[] = {HFT_SNAPSHOT_COLUMNS(COLUMN)};
#undef ROW

const hft_table_schema hft_events_schema = {
    .name = "events",
    .help = "everything that happened to orders, in order",
    .columns = event_columns,
    .column_count = COUNT(event_columns),
    .row_size = sizeof(hft_event_row),
    .chunk_rows = 16384,
};

const hft_table_schema hft_trades_schema = {
    .name = "trades",
    .help = "the executions among the events",
    .columns = trade_columns,
    .column_count = COUNT(trade_columns),
    .row_size = sizeof(hft_trade_row),
    .chunk_rows = 16384,
};

const hft_table_schema hft_snapshots_schema = {
    .name = "snapshots",
    .help = "the best levels of the book at fixed intervals",
    .columns = snapshot_columns,
    .column_count = COUNT(snapshot_columns),
    .row_size = sizeof(hft_snapshot_row),
    .chunk_rows = 2048,
};

const hft_enum_name *hft_column_enum(hft_column_kind kind) {
#define NAME(name, code, text) {#name, code},
  static const hft_enum_name event_kind[] = {HFT_EVENT_MAP(NAME){NULL, 0}};
  static const hft_enum_name reason[] = {HFT_REASON_MAP(NAME){NULL, 0}};
#undef NAME
  static const hft_enum_name side[] = {
      {"BID", HFT_BID}, {"ASK", HFT_ASK}, {"NONE", HFT_SIDE_NONE}, {NULL, 0}};
  static const hft_enum_name aggressor[] = {
      {"BUY", HFT_BID}, {"SELL", HFT_ASK}, {"NONE", HFT_AGGRESSOR_NONE}, {NULL, 0}};
  switch (kind) {
    case HFT_COLUMN_EVENT_KIND:
      return event_kind;
    case HFT_COLUMN_REASON:
      return reason;
    case HFT_COLUMN_SIDE:
      return side;
    case HFT_COLUMN_AGGRESSOR:
      return aggressor;
    default:
      return NULL;
  }
}

size_t hft_column_size(hft_column_kind kind) {
  switch (kind) {
    case HFT_COLUMN_I64:
    case HFT_COLUMN_U64:
    case HFT_COLUMN_F64:
      return 8;
    case HFT_COLUMN_I32:
    case HFT_COLUMN_U32:
    case HFT_COLUMN_LEVELS:
      return 4;
    case HFT_COLUMN_U16:
      return 2;
    case HFT_COLUMN_EVENT_KIND:
    case HFT_COLUMN_REASON:
    case HFT_COLUMN_SIDE:
    case HFT_COLUMN_AGGRESSOR:
      return 1;
  }
  hft_check_failed("a valid kind of column", __FILE__, __LINE__);
}
