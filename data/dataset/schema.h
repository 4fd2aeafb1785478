// The tables of a dataset. One macro row per column defines the member of the row's struct, the
// HDF5 column, its unit and its description. docs/dataset.md documents the same.
//
// A table of columns is an X-macro of rows X(KIND, name, unit, help). KIND is I32, I64, U16, U32,
// U64, F64, an enumeration of one byte (EVENT_KIND, REASON, SIDE, AGGRESSOR), or LEVELS: an int32
// per level of the book, stored as a column with two dimensions.
#ifndef HFTSIM_DATA_DATASET_SCHEMA_H
#define HFTSIM_DATA_DATASET_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define HFT_SCHEMA_VERSION 1  // raised when readers of the previous version would misread a file
#define HFT_SNAPSHOT_LEVELS_MAX 100

// clang-format off
#define HFT_EVENT_COLUMNS(X)                                                                      \
  X(I64, time, "ns", "time since the session's open")                                             \
  X(U64, sequence, "1", "number of the event: 1, 2, 3, ... in order")                             \
  X(EVENT_KIND, kind, "1", "kind of event")                                                       \
  X(REASON, reason, "1", "of a CANCEL, REDUCE, EXPIRE or REJECT: why; of a TRADE in an auction: " \
                         "AUCTION; of a PHASE: the phase")                                        \
  X(SIDE, side, "1", "side of the order; of a TRADE the maker's; of an IMBALANCE the surplus's, " \
                     "NONE if it is 0")                                                           \
  X(U32, order, "1", "number of the order; of a TRADE the maker's, in an auction the bid; "       \
                     "0: none")                                                                   \
  X(U32, taker, "1", "of a TRADE: number of the incoming order, in an auction the ask; else 0")   \
  X(I32, price, "ticks", "price; 0: market order; IMBALANCE: indicative price of the auction, "   \
                         "0: none; PHASE: price of the trade that halted, else 0")                \
  X(I32, qty, "lots", "ADD: displayed size; TRADE: traded size; CANCEL, EXPIRE: remaining size "  \
                      "with hidden lots; REDUCE: reduction with hidden lots; REJECT: requested "  \
                      "size; IMBALANCE: volume of the auction")                                   \
  X(I32, left, "lots", "displayed size after a TRADE (of the maker's order) or a REDUCE; "        \
                       "IMBALANCE: surplus")                                                      \
  X(U16, owner, "1", "owner of the order: an index into participants")                            \
  X(U16, taker_owner, "1", "of a TRADE: owner of the incoming order; else 65535")

#define HFT_TRADE_COLUMNS(X)                                                                      \
  X(I64, time, "ns", "time since the session's open")                                             \
  X(U64, sequence, "1", "sequence of the TRADE event")                                            \
  X(I32, price, "ticks", "price of the trade: the maker's, or the auction's")                     \
  X(I32, qty, "lots", "size of the trade")                                                        \
  X(AGGRESSOR, aggressor, "1", "side of the incoming order; NONE in an auction")                  \
  X(U32, maker_order, "1", "number of the resting order; in an auction the bid")                  \
  X(U32, taker_order, "1", "number of the incoming order; in an auction the ask")                 \
  X(U16, maker_owner, "1", "owner of the resting order: an index into participants")              \
  X(U16, taker_owner, "1", "owner of the incoming order: an index into participants")             \
  X(I64, maker_rested, "ns", "time that the resting order had been in its queue")                 \
  X(I32, maker_ahead, "lots", "displayed ahead of it when it joined its queue")                   \
  X(U32, maker_latency, "ns", "latency of the resting order; 2^32 - 1: at least that")            \
  X(U32, taker_latency, "ns", "latency of the incoming order; 2^32 - 1: at least that")

#define HFT_SNAPSHOT_COLUMNS(X)                                                                   \
  X(I64, time, "ns", "time since the session's open; all events up to it are applied")            \
  X(U64, sequence, "1", "sequence of the last event before the snapshot; 0: none")                \
  X(F64, mid, "ticks", "mid price; the last known one if a side is empty")                        \
  X(I32, spread, "ticks", "best ask minus best bid; 0 if a side is empty")                        \
  X(F64, fundamental, "ticks", "fundamental value; participants need not know it")                \
  X(LEVELS, bid_price, "ticks", "price of each bid level, best first; 0: none")                   \
  X(LEVELS, bid_qty, "lots", "lots resting at each bid level")                                    \
  X(LEVELS, bid_count, "orders", "orders resting at each bid level")                              \
  X(LEVELS, ask_price, "ticks", "price of each ask level, best first; 0: none")                   \
  X(LEVELS, ask_qty, "lots", "lots resting at each ask level")                                    \
  X(LEVELS, ask_count, "orders", "orders resting at each ask level")
// clang-format on

typedef enum hft_column_kind {
  HFT_COLUMN_I32,
  HFT_COLUMN_I64,
  HFT_COLUMN_U16,
  HFT_COLUMN_U32,
  HFT_COLUMN_U64,
  HFT_COLUMN_F64,
  HFT_COLUMN_LEVELS,
  HFT_COLUMN_EVENT_KIND,  // from here on: enumerations
  HFT_COLUMN_REASON,
  HFT_COLUMN_SIDE,
  HFT_COLUMN_AGGRESSOR
} hft_column_kind;

// The member of a row's struct for each kind of column.
#define HFT_COLUMN_MEMBER_I32(name) int32_t name;
#define HFT_COLUMN_MEMBER_I64(name) int64_t name;
#define HFT_COLUMN_MEMBER_U16(name) uint16_t name;
#define HFT_COLUMN_MEMBER_U32(name) uint32_t name;
#define HFT_COLUMN_MEMBER_U64(name) uint64_t name;
#define HFT_COLUMN_MEMBER_F64(name) double name;
#define HFT_COLUMN_MEMBER_LEVELS(name) int32_t name[HFT_SNAPSHOT_LEVELS_MAX];
#define HFT_COLUMN_MEMBER_EVENT_KIND(name) uint8_t name;
#define HFT_COLUMN_MEMBER_REASON(name) uint8_t name;
#define HFT_COLUMN_MEMBER_SIDE(name) uint8_t name;
#define HFT_COLUMN_MEMBER_AGGRESSOR(name) uint8_t name;
#define HFT_COLUMN_MEMBER(kind, name, unit, help) HFT_COLUMN_MEMBER_##kind(name)

typedef struct hft_event_row {
  HFT_EVENT_COLUMNS(HFT_COLUMN_MEMBER)
} hft_event_row;
typedef struct hft_trade_row {
  HFT_TRADE_COLUMNS(HFT_COLUMN_MEMBER)
} hft_trade_row;
typedef struct hft_snapshot_row {
  HFT_SNAPSHOT_COLUMNS(HFT_COLUMN_MEMBER)
} hft_snapshot_row;

// One column of a table; constant.
typedef struct hft_column {
  const char *name;
  hft_column_kind kind;
  size_t offset;  // in the row's struct
  const char *unit;
  const char *help;
} hft_column;

// A table of a dataset; constant.
typedef struct hft_table_schema {
  const char *name;
  const char *help;
  const hft_column *columns;  // the first column is the time
  int column_count;
  size_t row_size;    // size of the row's struct
  size_t chunk_rows;  // rows of an HDF5 chunk, written at once
} hft_table_schema;

// The tables of a session; see their columns above.
extern const hft_table_schema hft_events_schema, hft_trades_schema, hft_snapshots_schema;

#define HFT_AGGRESSOR_NONE 2  // a trade in an auction; otherwise the side of the incoming order

// A named value of an enumeration.
typedef struct hft_enum_name {
  const char *name;
  uint8_t value;
} hft_enum_name;
// The values of an enumeration, ended by a null name; null if the kind is not an enumeration.
const hft_enum_name *hft_column_enum(hft_column_kind kind);

// Size in bytes of a value of this kind; for LEVELS, of one level's value.
size_t hft_column_size(hft_column_kind kind);

#endif
