// Fuzzes the order book against the naive one: two bytes choose the window and the slots, every
// eight bytes after them are an operation.
#include <stddef.h>
#include <stdint.h>

#include "sim/base/check.h"
#include "tests/support/book_pair.h"

#define OP_BYTES 8
#define HUGE_BIT 0x80  // of the kind's byte: the size is near INT32_MAX

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pair_op decode(const uint8_t *bytes, const hft_book_config *config) {
  pair_op op;
  op.kind = (pair_kind)((bytes[0] & 0x0f) % PAIR_KIND_COUNT);
  op.side = bytes[1] & 1 ? HFT_ASK : HFT_BID;
  uint32_t tick = ((uint32_t)bytes[2] << 8 | bytes[3]) % (config->ticks + 2);
  op.price = config->price_min - 1 + (hft_price)tick;
  hft_qty qty = (hft_qty)bytes[4] << 8 | bytes[5];
  op.qty = bytes[0] & HUGE_BIT ? INT32_MAX - qty : 1 + qty;
  op.pick = (uint32_t)bytes[6] << 8 | bytes[7];
  return op;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint32_t ticks[] = {1, 2, 3, 64, 65, 128, 4096, 4097};
  if (size < 2) return 0;
  const hft_book_config config = {1, ticks[data[0] % 8], 1 + data[1] % 64};
  book_pair pair;
  HFT_CHECK(pair_create(&pair, &config));
  for (size_t at = 2; at + OP_BYTES <= size; at += OP_BYTES) {
    const pair_op op = decode(data + at, &config);
    HFT_CHECK(pair_apply(&pair, &op) == NULL);
    HFT_CHECK(pair_compare(&pair) == NULL);
  }
  HFT_CHECK(hft_book_verify(pair.book) == NULL);
  pair_free(&pair);
  return 0;
}
