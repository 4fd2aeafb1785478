// Fuzzes the reading of LOBSTER files: any bytes are refused with words, or give rows that keep
// their bounds; messages that follow a first book, whatever they say, leave a sound book; and with
// rows of the book after each of them, the book is each row.
#define _GNU_SOURCE  // memfd_create, memmem
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/lobster/lobster.h"
#include "data/lobster/replay_plan.h"
#include "data/lobster/tape.h"
#include "sim/base/check.h"

#define MESSAGES_MAX 4096
#define TICKS_MAX 20000  // of books that are rebuilt more than once: wider ones only take time
#define PATH_SIZE 64

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

static bool is_narrow(const hft_price_window *window) {
  return (window->high - window->low) / window->tick <= TICKS_MAX;
}

static void rebuild(const hft_lobster_messages *messages, const hft_lobster_book *first) {
  hft_price_notes notes;
  HFT_CHECK(hft_price_notes_begin(&notes, NULL) == HFT_OK);
  hft_price_notes_add_book(&notes, first, NULL);
  const hft_reconstruct_source source = {
      .messages = messages, .first = first, .window = hft_price_window_choose(&notes, messages)};
  hft_price_notes_end(&notes);
  const hft_price_window *window = &source.window;
  HFT_CHECK(window->tick >= 1 && window->low >= window->tick && window->high >= window->low);
  HFT_CHECK(window->low % window->tick == 0 && window->high % window->tick == 0);
  if (!is_narrow(window)) return;
  hft_reconstruct *rebuilt;
  hft_error error = {0};
  if (hft_reconstruct_create(&source, &rebuilt, &error) != HFT_OK) {
    HFT_CHECK(rebuilt == NULL && error.text[0] != '\0');
    return;
  }
  for (size_t i = 1; i < messages->count; i++) {
    if (hft_reconstruct_apply(rebuilt, &messages->message[i], &error) != HFT_OK) break;
  }
  HFT_CHECK(hft_book_verify(hft_reconstruct_book(rebuilt)) == NULL);
  hft_reconstruct_free(rebuilt);
}

// ---- messages and rows -----------------------------------------------------------------------

// A file in memory of these bytes, by name.
static int name_bytes(const uint8_t *data, size_t size, char path[PATH_SIZE]) {
  int file = memfd_create("fuzz", MFD_CLOEXEC);
  HFT_CHECK(file >= 0);
  HFT_CHECK(write(file, data, size) == (ssize_t)size);
  snprintf(path, PATH_SIZE, "/proc/self/fd/%d", file);
  return file;
}

// What the row shows within the frame is what the book has, unless the row is crossed; and a book
// of few levels has no more.
static void check_row(const hft_tape_reader *tape) {
  const hft_price_window *window = hft_reconstruct_window(tape->book);
  const hft_book *book = hft_reconstruct_book(tape->book);
  static hft_level shown[2][HFT_LOBSTER_LEVELS_MAX], got[HFT_LOBSTER_LEVELS_MAX];
  int count[2] = {0, 0};
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < tape->row->levels && tape->row->side[side][i].price != 0; i++) {
      const hft_lobster_level *level = &tape->row->side[side][i];
      if (hft_price_window_fit(window, level->price) != HFT_PRICE_FITS) continue;
      shown[side][count[side]++] =
          (hft_level){(hft_price)(level->price / window->tick), level->size, 0};
    }
  }
  int64_t bid = tape->row->side[HFT_BID][0].price, ask = tape->row->side[HFT_ASK][0].price;
  bool crossed = bid != 0 && ask != 0 && bid >= ask;
  HFT_CHECK(!crossed || !tape->check.equal);
  for (int side = 0; side < 2 && !crossed; side++) {
    int found = hft_book_depth(book, (hft_side)side, got, HFT_LOBSTER_LEVELS_MAX);
    HFT_CHECK(found >= count[side] && (tape->deep || found == count[side]));
    for (int i = 0; i < count[side]; i++) {
      HFT_CHECK(got[i].price == shown[side][i].price && got[i].qty == shown[side][i].qty);
    }
  }
}

static void check_words(hft_status status, const hft_error *error) {
  HFT_CHECK(status == HFT_EDATA || status == HFT_ECONFIG || status == HFT_EFULL);
  HFT_CHECK(error->status == status && error->text[0] != '\0' && error->where[0] != '\0');
  for (const char *at = error->text; *at != '\0'; at++) HFT_CHECK(*at >= ' ' && *at <= '~');
}

// A plan's steps keep its bounds, and each order's lead on from one to the next.
static void check_plan(const hft_tape_files *files, bool any_start) {
  const hft_instrument instrument = {.tick_size = 0.0001,
                                     .initial_price = 2000,
                                     .price_min = 1,
                                     .price_max = 1 << 20,
                                     .duration = HFT_SECOND,
                                     .order_qty_max = INT32_MAX,
                                     .count = 1};
  const hft_replay_source source = {.messages = files->messages,
                                    .book0 = files->book0,
                                    .any_start = any_start,
                                    .unmatched_max = 1};
  hft_replay_plan plan;
  hft_error error = {0};
  hft_status status = hft_replay_plan_create(&source, &instrument, "plan", &plan, &error);
  if (status != HFT_OK) {
    check_words(status, &error);
    return;
  }
  for (size_t i = 0; i < plan.count; i++) {
    const hft_replay_step *step = &plan.step[i];
    HFT_CHECK(step->place < plan.place_count && step->qty > 0 && step->left >= 0);
    HFT_CHECK(i == 0 || step->time >= plan.step[i - 1].time);
    HFT_CHECK(step->next == 0 || (step->next > i && step->next < plan.count));
    HFT_CHECK(step->next == 0 ? true : plan.step[step->next].left < step->left);
    HFT_CHECK((step->left == 0) <= (step->next == 0));
  }
  for (size_t m = 0; m + 1 < plan.mark_count; m++) {
    for (uint32_t i = plan.mark[m].first; i < plan.mark[m + 1].first; i++) {
      HFT_CHECK(plan.resting[i].last < plan.mark[m].step &&
                plan.step[plan.resting[i].last].left > 0);
    }
  }
  hft_replay_plan_free(&plan);
}

static void replay_pair(const uint8_t *messages, size_t message_size, const uint8_t *rows,
                        size_t row_size) {
  char paths[2][PATH_SIZE];
  int file[2] = {name_bytes(messages, message_size, paths[0]),
                 name_bytes(rows, row_size, paths[1])};
  const hft_tape_files files = {.messages = paths[0], .book0 = paths[1]};
  hft_tape_reader tape;
  hft_error error = {0};
  hft_status status = hft_tape_open(&files, &tape, &error);
  bool narrow = status == HFT_OK && is_narrow(hft_reconstruct_window(tape.book));
  if (status != HFT_OK) {
    check_words(status, &error);
  } else {
    const hft_lobster_message *message;
    do {
      status = hft_tape_next(&tape, &message, &error);
      if (status != HFT_OK) check_words(status, &error);
      if (status == HFT_OK && message != NULL && tape.has_rows) check_row(&tape);
    } while (status == HFT_OK && message != NULL);
    HFT_CHECK(hft_book_verify(hft_reconstruct_book(tape.book)) == NULL);
    hft_tape_close(&tape);
  }
  if (narrow) {
    check_plan(&files, false);
    check_plan(&files, true);
  }
  for (int k = 0; k < 2; k++) HFT_CHECK(close(file[k]) == 0);
}

// The first empty line, or null.
static const uint8_t *find_gap(const uint8_t *data, size_t size) {
  return memmem(data, size, "\n\n", 2);
}

// Either messages, an empty line, and as many rows; or a book in the first line, and messages. Each
// reader is also tried on all the bytes.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static hft_lobster_message message[MESSAGES_MAX];
  static hft_lobster_book first;
  if (size == 0) return 0;
  const uint8_t *gap = find_gap(data, size);
  if (gap != NULL && gap + 2 < data + size) {
    size_t head = (size_t)(gap - data) + 1;
    replay_pair(data, head, gap + 2, size - head - 1);
    return 0;
  }
  read_messages(data, size, message);
  bool has_book = read_books(data, size, &first);
  const uint8_t *end = memchr(data, '\n', size);
  if (!has_book || end == NULL || end + 1 == data + size) return 0;
  size_t head = (size_t)(end - data) + 1;
  hft_lobster_messages messages = {.count = read_messages(data + head, size - head, message),
                                   .message = message};
  if (messages.count > 0) rebuild(&messages, &first);
  return 0;
}
