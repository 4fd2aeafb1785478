#include "data/lobster/lobster.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

#define MESSAGE_COLUMNS 6
#define LEVEL_COLUMNS 4
#define NO_PRICE INT64_C(9999999999)  // of an empty ask level; of an empty bid level: negated

hft_status hft_lobster_attach(hft_lobster_reader *reader, FILE *file, const char *name,
                              hft_error *error) {
  *reader = (hft_lobster_reader){0};
  return hft_csv_attach(&reader->csv, file, name, error);
}

hft_status hft_lobster_open(hft_lobster_reader *reader, const char *path, hft_error *error) {
  *reader = (hft_lobster_reader){0};
  return hft_csv_open(&reader->csv, path, error);
}

void hft_lobster_close(hft_lobster_reader *reader) {
  hft_csv_close(&reader->csv);
}

static hft_status next_row(hft_csv *csv, bool *more, hft_error *error) {
  hft_status status = hft_csv_next(csv, more, error);
  if (status == HFT_OK && !*more && csv->line == 0) {
    return hft_fail(error, HFT_EDATA, csv->name, "the file is empty");
  }
  return status;
}

// Reads price and size of a message; their bounds depend on its kind.
static hft_status read_terms(hft_csv *csv, hft_lobster_message *message, hft_error *error) {
  bool halt = message->kind == HFT_LOBSTER_HALT;
  bool sized = !halt && message->kind != HFT_LOBSTER_CROSS;
  int64_t size, price;
  hft_status status = hft_csv_int(csv, "size", sized ? 1 : 0, INT32_MAX, &size, error);
  if (status != HFT_OK) return status;
  status =
      hft_csv_int(csv, "price", halt ? -1 : 1, halt ? 1 : HFT_LOBSTER_PRICE_MAX, &price, error);
  if (status != HFT_OK) return status;
  message->size = (hft_qty)size;
  message->price = price;
  return HFT_OK;
}

hft_status hft_lobster_next_message(hft_lobster_reader *reader, hft_lobster_message *message,
                                    bool *more, hft_error *error) {
  hft_csv *csv = &reader->csv;
  hft_status status = next_row(csv, more, error);
  if (status != HFT_OK || !*more) return status;
  int columns = hft_csv_columns(csv);
  if (columns != MESSAGE_COLUMNS) {
    return hft_csv_fail(csv, error,
                        "the line has %d columns; a message has %d: time, type, order id, size, "
                        "price, direction",
                        columns, MESSAGE_COLUMNS);
  }
  int64_t kind, direction;
  status = hft_csv_seconds(csv, "time", &message->time, error);
  if (status != HFT_OK) return status;
  if (message->time < reader->last) {
    return hft_csv_fail(csv, error, "time goes back: %.9f s after %.9f s",
                        (double)message->time * 1e-9, (double)reader->last * 1e-9);
  }
  reader->last = message->time;
  status = hft_csv_int(csv, "type", HFT_LOBSTER_ADD, HFT_LOBSTER_HALT, &kind, error);
  if (status != HFT_OK) return status;
  message->kind = (uint8_t)kind;
  // Only messages about a resting order need an id.
  int64_t id_min = kind <= HFT_LOBSTER_EXECUTE ? 1 : -1;
  status = hft_csv_int(csv, "order id", id_min, INT64_MAX, &message->id, error);
  if (status != HFT_OK) return status;
  status = read_terms(csv, message, error);
  if (status != HFT_OK) return status;
  status = hft_csv_int(csv, "direction", -1, 1, &direction, error);
  if (status != HFT_OK) return status;
  if (direction == 0) {
    return hft_csv_fail(csv, error, "column 6 (direction): 0 is neither 1 (buy) nor -1 (sell)");
  }
  message->side = direction == 1 ? HFT_BID : HFT_ASK;
  return HFT_OK;
}

// Reads one level of a side and checks it against the previous one, which must be better.
static hft_status read_level(hft_csv *csv, hft_side side, const hft_lobster_level *before,
                             hft_lobster_level *level, hft_error *error) {
  static const char *const price_name[] = {"bid price", "ask price"};
  static const char *const size_name[] = {"bid size", "ask size"};
  int64_t price, size;
  int64_t empty = -hft_side_sign(side) * NO_PRICE;
  int column = csv->column;
  hft_status status = hft_csv_int(csv, price_name[side], -NO_PRICE, NO_PRICE, &price, error);
  if (status != HFT_OK) return status;
  if (price != empty && (price < 1 || price > HFT_LOBSTER_PRICE_MAX)) {
    return hft_csv_fail(csv, error,
                        "column %d (%s): %" PRId64 " is neither 1 to %" PRId64 " nor %" PRId64
                        ", which marks an empty level",
                        column, price_name[side], price, HFT_LOBSTER_PRICE_MAX, empty);
  }
  bool none = price == empty;
  status = hft_csv_int(csv, size_name[side], none ? 0 : 1, none ? 0 : INT32_MAX, &size, error);
  if (status != HFT_OK) return status;
  *level = (hft_lobster_level){none ? 0 : price, (hft_qty)size};
  if (before == NULL || none) return HFT_OK;
  if (before->price == 0 ||
      hft_side_sign(side) * level->price >= hft_side_sign(side) * before->price) {
    return hft_csv_fail(csv, error,
                        "column %d (%s): %" PRId64 " is not worse than the previous level", column,
                        price_name[side], level->price);
  }
  return HFT_OK;
}

hft_status hft_lobster_next_book(hft_lobster_reader *reader, hft_lobster_book *book, bool *more,
                                 hft_error *error) {
  hft_csv *csv = &reader->csv;
  hft_status status = next_row(csv, more, error);
  if (status != HFT_OK || !*more) return status;
  int columns = hft_csv_columns(csv);
  if (columns % LEVEL_COLUMNS != 0 || columns > LEVEL_COLUMNS * HFT_LOBSTER_LEVELS_MAX) {
    return hft_csv_fail(csv, error,
                        "the line has %d columns; a book has 4 for each of at most %d levels: ask "
                        "price, ask size, bid price, bid size",
                        columns, HFT_LOBSTER_LEVELS_MAX);
  }
  book->levels = columns / LEVEL_COLUMNS;
  if (reader->levels == 0) reader->levels = book->levels;
  if (book->levels != reader->levels) {
    return hft_csv_fail(csv, error, "the line has %d columns, earlier lines have %d", columns,
                        LEVEL_COLUMNS * reader->levels);
  }
  for (int i = 0; i < book->levels; i++) {
    for (int k = 0; k < 2; k++) {
      hft_side side = k == 0 ? HFT_ASK : HFT_BID;  // the order of the columns
      hft_lobster_level *level = &book->side[side][i];
      status = read_level(csv, side, i > 0 ? level - 1 : NULL, level, error);
      if (status != HFT_OK) return status;
    }
  }
  return HFT_OK;
}

// Makes room for at least one more message.
static hft_status grow(hft_lobster_messages *messages, size_t *capacity, const char *path,
                       hft_error *error) {
  if (messages->count < *capacity) return HFT_OK;
  if (*capacity >= HFT_LOBSTER_MESSAGES_MAX) {
    return hft_fail(error, HFT_EFULL, path, "the file has more than %zu messages",
                    HFT_LOBSTER_MESSAGES_MAX);
  }
  *capacity = *capacity == 0 ? 4096 : 2 * *capacity;
  hft_lobster_message *moved = realloc(messages->message, *capacity * sizeof *moved);
  if (moved == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  messages->message = moved;
  return HFT_OK;
}

hft_status hft_lobster_read_messages(const char *path, hft_lobster_messages *messages,
                                     hft_error *error) {
  *messages = (hft_lobster_messages){0};
  hft_lobster_reader reader;
  hft_status status = hft_lobster_open(&reader, path, error);
  size_t capacity = 0;
  while (status == HFT_OK) {
    hft_lobster_message message;
    bool more = false;
    status = hft_lobster_next_message(&reader, &message, &more, error);
    if (status != HFT_OK || !more) break;
    status = grow(messages, &capacity, path, error);
    if (status == HFT_OK) messages->message[messages->count++] = message;
  }
  messages->content = reader.csv.content;
  hft_lobster_close(&reader);
  if (status != HFT_OK) hft_lobster_messages_free(messages);
  return status;
}

void hft_lobster_messages_free(hft_lobster_messages *messages) {
  free(messages->message);
  *messages = (hft_lobster_messages){0};
}

hft_status hft_lobster_at_row(const char *path, size_t row, hft_status status, hft_error *error) {
  if (error != NULL && error->where[0] == '\0') {
    snprintf(error->where, sizeof error->where, "%.130s:%zu", path, row + 1);
  }
  return status;
}

hft_status hft_lobster_read_first_book(const char *path, hft_lobster_book *book, hft_error *error) {
  hft_lobster_reader reader;
  bool more;
  hft_status status = hft_lobster_open(&reader, path, error);
  if (status == HFT_OK) status = hft_lobster_next_book(&reader, book, &more, error);
  hft_lobster_close(&reader);
  return status;
}
