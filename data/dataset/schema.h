// The tables of a dataset: one row per column, from which come the struct of a row, the columns of
// the HDF5 file and their units and descriptions. docs/dataset.md tells the same in prose.
//
// A table of columns is an X-macro of rows X(KIND, name, unit, help). KIND is I32, I64, U16, U32,
// U64, F64, an enumeration of a byte (EVENT_KIND, REASON, SIDE, AGGRESSOR), or LEVELS: an int32 for
// each level of the book, which makes a column of two dimensions.
#ifndef HFTSIM_DATA_DATASET_SCHEMA_H
#define HFTSIM_DATA_DATASET_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define HFT_SCHEMA_VERSION 1  // raised where a reader of the version before would go wrong
#define HFT_SNAPSHOT_LEVELS_MAX 100

// clang-format off
#define HFT_EVENT_COLUMNS(X)                                                                      \
  X(I64, time, "ns", "since the session's open")                                                  \
  X(U64, sequence, "1", "1, 2, 3, ...: the order in which the events happened")                   \
  X(EVENT_KIND, kind, "1", "what happened")                                                       \
  X(REASON, reason, "1", "why, of a CANCEL, REDUCE, EXPIRE or REJECT; AUCTION of a TRADE in "     \
                         "one; of a PHASE: which one")                                            \
  X(SIDE, side, "1", "side of the order; of a TRADE the maker's; of an IMBALANCE the surplus's: " \
                     "NONE where it is 0")                                                        \
  X(U32, order, "1", "number of the order concerned, of a TRADE the maker's, of an auction's "    \
                     "the bid; 0: none")                                                          \
  X(U32, taker, "1", "of a TRADE: number of the incoming order, of an auction's the ask; else 0") \
  X(I32, price, "ticks", "price; 0: a market order's; IMBALANCE: at which the call would trade, " \
                         "0: at none; PHASE: of the trade that halts, else 0")                    \
  X(I32, qty, "lots", "ADD: what shows; TRADE: what traded; CANCEL, EXPIRE: what was left, "      \
                      "hidden lots too; REDUCE: by how much, hidden lots too; REJECT: what was "  \
                      "asked for; IMBALANCE: what would trade")                                   \
  X(I32, left, "lots", "of a TRADE: what the maker's order still shows; of a REDUCE: what the "   \
                       "order does; of an IMBALANCE: what would be left over")                    \
  X(U16, owner, "1", "owner of the order: an index into participants")                            \
  X(U16, taker_owner, "1", "of a TRADE: owner of the incoming order; else 65535")

#define HFT_TRADE_COLUMNS(X)                                                                      \
  X(I64, time, "ns", "since the session's open")                                                  \
  X(U64, sequence, "1", "sequence of the TRADE event")                                            \
  X(I32, price, "ticks", "price of the trade: the maker's, or the auction's")                     \
  X(I32, qty, "lots", "size of the trade")                                                        \
  X(AGGRESSOR, aggressor, "1", "what the incoming order did; in an auction there is none")        \
  X(U32, maker_order, "1", "number of the order that rested; of an auction the bid")              \
  X(U32, taker_order, "1", "number of the incoming order; of an auction the ask")                 \
  X(U16, maker_owner, "1", "owner of the order that rested: an index into participants")          \
  X(U16, taker_owner, "1", "owner of the incoming order: an index into participants")             \
  X(I64, maker_rested, "ns", "how long the resting order had been in its queue")                  \
  X(I32, maker_ahead, "lots", "displayed before it when it joined its queue")                     \
  X(U32, maker_latency, "ns", "from its sending to its arrival; 2^32 - 1: more")                  \
  X(U32, taker_latency, "ns", "the same of the incoming order")

#define HFT_SNAPSHOT_COLUMNS(X)                                                                   \
  X(I64, time, "ns", "since the session's open: the book after all events up to then")            \
  X(U64, sequence, "1", "sequence of the last event before the snapshot; 0: none")                \
  X(F64, mid, "ticks", "mid price; the last one known where a side is empty")                     \
  X(I32, spread, "ticks", "best ask less best bid; 0 where a side is empty")                      \
  X(F64, fundamental, "ticks", "fundamental value, which no participant need know")               \
  X(LEVELS, bid_price, "ticks", "price of each bid level, best first; 0: there is none")          \
  X(LEVELS, bid_qty, "lots", "lots resting at each bid level")                                    \
  X(LEVELS, bid_count, "orders", "orders resting at each bid level")                              \
  X(LEVELS, ask_price, "ticks", "price of each ask level, best first; 0: there is none")          \
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

// A member of a row's struct is its type followed by its dimensions.
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

typedef struct hft_column {
  const char *name;
  hft_column_kind kind;
  size_t offset;  // in the row's struct
  const char *unit;
  const char *help;
} hft_column;

typedef struct hft_table_schema {
  const char *name;
  const char *help;
  const hft_column *columns;  // the first one is the time
  int column_count;
  size_t row_size;    // bytes of the row's struct
  size_t chunk_rows;  // rows of a chunk of the file, written at once
} hft_table_schema;

extern const hft_table_schema hft_events_schema, hft_trades_schema, hft_snapshots_schema;

#define HFT_AGGRESSOR_NONE 2  // both orders rested; otherwise the side of the incoming order

// The names of an enumeration's values, ended by a null name; null for a kind that is none.
typedef struct hft_enum_name {
  const char *name;
  uint8_t value;
} hft_enum_name;
const hft_enum_name *hft_column_enum(hft_column_kind kind);

// Bytes of one value of a kind; of LEVELS: of one level's.
size_t hft_column_size(hft_column_kind kind);

#endif
