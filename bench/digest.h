// A digest of a stream of trades: sums, and two hashes that depend on the order of the trades.
// Engines that match alike have equal digests.
#ifndef HFTSIM_BENCH_DIGEST_H
#define HFTSIM_BENCH_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

// The digest; zero for no trades.
typedef struct hft_digest {
  uint64_t trades;
  uint64_t volume;    // lots
  uint64_t notional;  // ticks x lots
  uint64_t ids;       // hash of makers, takers and sizes
  uint64_t full;      // hash of prices too
} hft_digest;

// Adds a trade to the digest.
static inline void hft_digest_trade(hft_digest *digest, uint32_t maker, uint32_t taker,
                                    uint32_t qty, uint32_t price) {
  uint64_t who = ((uint64_t)maker << 32 | taker) + qty;
  digest->trades++;
  digest->volume += qty;
  digest->notional += (uint64_t)qty * price;
  digest->ids = (digest->ids ^ who) * UINT64_C(0x9e3779b97f4a7c15);
  digest->full = (digest->full ^ (who + ((uint64_t)price << 20))) * UINT64_C(0xc2b2ae3d27d4eb4f);
}

// Do two digests agree in all fields?
static inline bool hft_digest_equal(const hft_digest *a, const hft_digest *b) {
  return a->trades == b->trades && a->volume == b->volume && a->notional == b->notional &&
         a->ids == b->ids && a->full == b->full;
}

#endif
