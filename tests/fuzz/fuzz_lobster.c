// Fuzzes the reading of LOBSTER files: any bytes are refused with words, or give rows that keep
// their bounds; and messages that follow a first book, whatever they say, leave a sound book.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/lobster.h"
#include "data/reconstruct.h"
#include "sim/base/check.h"

#define MESSAGES_MAX 4096
#define SPAN_MAX 1000000  // between prices that are rebuilt: a wider book only takes time

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static hft_lobster_reader open_bytes(const uint8_t *data, size_t size) {
  FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");
  HFT_CHECK(file != NULL);
  hft_lobster_reader reader;
  HFT_CHECK(hft_lobster_attach(&reader, file, "fuzz", NULL) == HFT_OK);
  return reader;
}

static void check_refusal(hft_status status, const hft_error *error) {
  HFT_CHECK(status == HFT_EDATA && error->status == status);
  HFT_CHECK(strncmp(error->where, "fuzz", 4) == 0 && error->text[0] != '\0');
  for (const char *at = error->text; *at != '\0'; at++) HFT_CHECK(*at >= ' ' && *at <= '~');
}

static void check_message(const hft_lobster_message *message, hft_time last) {
  HFT_CHECK(message->time >= last && message->time < 86400 * HFT_SECOND);
  HFT_CHECK(message->kind >= HFT_LOBSTER_ADD && message->kind <= HFT_LOBSTER_HALT);
  HFT_CHECK(message->side == HFT_BID || message->side == HFT_ASK);
  if (message->kind > HFT_LOBSTER_EXECUTE) return;
  HFT_CHECK(message->id >= 1 && message->size >= 1 && message->price >= 1);
}

static size_t read_messages(const uint8_t *data, size_t size, hft_lobster_message *messages) {
  hft_lobster_reader reader = open_bytes(data, size);
  hft_time last = 0;
  size_t count = 0;
  bool more = true;
  while (more && count < MESSAGES_MAX) {
    hft_error error = {0};
    hft_status status = hft_lobster_next_message(&reader, &messages[count], &more, &error);
    if (status != HFT_OK) {
      check_refusal(status, &error);
      break;
    }
    if (!more) break;
    check_message(&messages[count], last);
    last = messages[count++].time;
  }
  hft_lobster_close(&reader);
  return count;
}

static void check_book(const hft_lobster_book *book) {
  HFT_CHECK(book->levels >= 1 && book->levels <= HFT_LOBSTER_LEVELS_MAX);
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < book->levels; i++) {
      const hft_lobster_level *level = &book->side[side][i];
      HFT_CHECK(level->price == 0 ? level->size == 0 : level->price > 0 && level->size > 0);
    }
  }
}

// Reads books until one is refused; true where the first one was taken, which is *first.
static bool read_books(const uint8_t *data, size_t size, hft_lobster_book *first) {
  hft_lobster_reader reader = open_bytes(data, size);
  hft_lobster_book book;
  int count = 0;
  for (bool more = true; more;) {
    hft_error error = {0};
    hft_status status = hft_lobster_next_book(&reader, &book, &more, &error);
    if (status != HFT_OK) {
      check_refusal(status, &error);
      break;
    }
    if (!more) break;
    check_book(&book);
    if (count++ == 0) *first = book;
  }
  hft_lobster_close(&reader);
  return count > 0;
}

static bool is_narrow(const hft_lobster_messages *messages, const hft_lobster_book *first) {
  hft_price low = INT32_MAX, high = 1;
  for (size_t i = 0; i < messages->count; i++) {
    if (messages->message[i].kind > HFT_LOBSTER_EXECUTE) continue;
    hft_price price = messages->message[i].price;
    if (price < low) low = price;
    if (price > high) high = price;
  }
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < first->levels && first->side[side][i].price != 0; i++) {
      hft_price price = first->side[side][i].price;
      if (price < low) low = price;
      if (price > high) high = price;
    }
  }
  return high - low <= SPAN_MAX;
}

static void rebuild(const hft_lobster_messages *messages, const hft_lobster_book *first) {
  hft_reconstruct *rebuilt;
  hft_error error = {0};
  if (hft_reconstruct_create(messages, first, &rebuilt, &error) != HFT_OK) {
    HFT_CHECK(rebuilt == NULL && error.text[0] != '\0');
    return;
  }
  for (size_t i = 1; i < messages->count; i++) {
    if (hft_reconstruct_apply(rebuilt, &messages->message[i], &error) != HFT_OK) break;
  }
  HFT_CHECK(hft_book_verify(hft_reconstruct_book(rebuilt)) == NULL);
  hft_reconstruct_free(rebuilt);
}

// A book file is the first line, a message file the rest; each is also tried on all the bytes.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static hft_lobster_message message[MESSAGES_MAX];
  static hft_lobster_book first;
  if (size == 0) return 0;
  read_messages(data, size, message);
  bool has_book = read_books(data, size, &first);
  const uint8_t *end = memchr(data, '\n', size);
  if (!has_book || end == NULL || end + 1 == data + size) return 0;
  size_t head = (size_t)(end - data) + 1;
  hft_lobster_messages messages = {read_messages(data + head, size - head, message), message};
  if (messages.count > 0 && is_narrow(&messages, &first)) rebuild(&messages, &first);
  return 0;
}
