// The picture of one env: what a person or a dashboard sees of it, as a plain struct with a
// MessagePack and a JSON encoder (docs/protocol.md, "render").
//
// Prices are in ticks, quantities in lots, cash in ticks x lots. The struct and all arrays that it
// points to lie in one block of memory, whose size follows from the env model and the number of
// levels; filling it allocates nothing. No picture is cut short: the capacities are those of the
// market and its seats.
//
// Threads: a picture belongs to one thread at a time. Different pictures are independent.
#ifndef HFTSIM_CODEC_PICTURE_H
#define HFTSIM_CODEC_PICTURE_H

#include "codec/buffer.h"
#include "codec/spec.h"
#include "sim/pool/pool.h"

#define HFT_PICTURE_LEVELS 10       // levels a side, where a request does not say
#define HFT_PICTURE_LEVELS_MAX 100  // levels a side

// One instrument: the visible book, the phase and the tape.
typedef struct hft_picture_instrument {
  char symbol[HFT_NAME_SIZE];
  double tick_size;  // currency
  hft_phase phase;
  int bid_count, ask_count;  // 0 .. levels; 0 in every phase but the continuous one
  hft_level *bid, *ask;      // [bid_count], [ask_count], best first
  double mid;                // ticks; the last known one where a side is empty
  double fundamental;        // ticks, not rounded
  int64_t last_price;        // ticks; 0 before the first trade
  int64_t trades;            // in the episode
  int64_t bought, sold;      // lots by the taker's side, in the episode
} hft_picture_instrument;

// The account of a seat at one instrument.
typedef struct hft_picture_account {
  int instrument;
  int64_t position;  // lots, including those held at the start of the episode
  int64_t cash;      // ticks x lots, fees apart
  double fees;       // ticks x lots
  double profit;     // ticks x lots: what was traded, valued at the mid, after fees
} hft_picture_account;

// An open order of a seat. Orders whose cancellation is on its way are left out.
typedef struct hft_picture_order {
  int instrument;
  hft_side side;
  int64_t price;  // ticks
  int64_t qty;    // lots, including those that an iceberg hides
  int64_t ahead;  // lots before it in its queue; -1 while it is on its way
} hft_picture_order;

// An external seat. Seats that a strategy or a policy controls are not in the picture.
typedef struct hft_picture_seat {
  int index;                        // among all seats of the env
  char agent[HFT_AGENT_NAME_SIZE];  // "maker_0"
  bool is_done;                     // a risk limit has ended its episode
  double reward_sum;                // in the episode: its return so far
  int total_count, account_count, order_count;
  const hft_index *total_index;  // [total_count]: names and units, of the env model
  double *total;                 // [total_count]: of the episode so far
  hft_picture_account *account;  // [account_count], by instrument
  hft_picture_order *order;      // [order_count], by instrument
} hft_picture_seat;

typedef struct hft_picture {
  const hft_env_model *model;  // of the env's episode: a variant of that of the pool
  int level_max;               // a side
  int env;                     // index in its pool
  uint64_t seed;               // of the worlds that the env is in
  uint32_t episode;            // which of these worlds
  int64_t step;                // steps done in the episode
  hft_time time;               // of the market, ns since the session's open
  int instrument_count, seat_count;
  hft_picture_instrument *instrument;  // [instrument_count]
  hft_picture_seat *seat;              // [seat_count]: external seats, in the order of the spec
} hft_picture;

// Bytes of a picture of envs of a model with up to `level_max` levels a side, 1 ..
// HFT_PICTURE_LEVELS_MAX: at most 5 MiB, for 256 seats that each trade 64 instruments.
size_t hft_picture_size(const hft_env_model *model, int level_max);

// Lays out an empty picture in the caller's memory, aligned as by malloc, and returns its address,
// which is `memory`. `size` is at least hft_picture_size(model, level_max). The model must outlive
// the picture.
hft_picture *hft_picture_init(const hft_env_model *model, int level_max, void *memory, size_t size);

// The same in memory of the heap. Null: out of memory.
hft_picture *hft_picture_create(const hft_env_model *model, int level_max);

// Frees a picture of hft_picture_create. May be null.
void hft_picture_free(hft_picture *picture);

// Fills a picture with the present state of an env of a pool of the picture's model. The env must
// have been reset once and not be under way (hft_pool_check_env). The env is left as it is.
void hft_picture_fill(hft_picture *picture, hft_pool *pool, int env);

// Replaces the content of a buffer by the picture as one MessagePack map. ENOMEM.
hft_status hft_picture_encode_msgpack(const hft_picture *picture, hft_buffer *buffer);

// Replaces the content of a buffer by the picture as one JSON object in UTF-8 with the keys of the
// MessagePack map; a 0 byte follows it and is not counted. ENOMEM.
//
// A number that is not finite is null. The seed is a text of decimal digits, since it uses all of
// its 64 bits. All other integers are written exactly; a reader that keeps numbers as doubles
// (JavaScript) rounds those beyond 2^53, which only cash and sums of lots can reach.
hft_status hft_picture_encode_json(const hft_picture *picture, hft_buffer *buffer);

// The names that both encoders use: "continuous", "opening", ...; "bid", "ask". Never null.
const char *hft_picture_phase_name(hft_phase phase);
const char *hft_picture_side_name(hft_side side);

#endif
