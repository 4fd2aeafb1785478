#include "data/lobster/tape.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/base/hash.h"

#define OUTSIDE_MAX 0.01  // of the visible messages; a tape with a larger share is `deep`

// The results of one pass over all rows.
typedef struct survey {
  hft_price_notes notes;
  hft_lobster_book first;  // row of book0
  size_t rows;
  size_t visible, outside;  // visible messages, and those that no adjacent row shows
  bool deep;
} survey;

// Is the price beyond all levels of a row?
static bool is_beyond(const hft_lobster_book *row, hft_side side, int64_t price) {
  int64_t worst = row->side[side][row->levels - 1].price;
  if (worst == 0) return false;  // there are no further levels
  return side == HFT_BID ? price < worst : price > worst;
}

// Is the price within half of the best prices? Stub quotes are not.
static bool is_near(const hft_lobster_book *row, int64_t price) {
  int64_t bid = row->side[HFT_BID][0].price, ask = row->side[HFT_ASK][0].price;
  int64_t least = bid != 0 ? bid : ask, most = ask != 0 ? ask : bid;
  return price >= least - least / 2 && price <= most + most / 2;
}

// In a tape of N levels a message is about one of these, before or after it.
static void survey_message(survey *s, const hft_lobster_message *message,
                           const hft_lobster_book *before, const hft_lobster_book *row) {
  if (message->kind > HFT_LOBSTER_EXECUTE || !is_near(row, message->price)) return;
  s->visible++;
  s->outside += is_beyond(before, message->side, message->price) &&
                is_beyond(row, message->side, message->price);
}

static hft_status survey_rows(survey *s, const char *path, hft_tape_reader *tape,
                              hft_lobster_book *pair, hft_error *error) {
  hft_lobster_reader reader;
  hft_status status = hft_lobster_open(&reader, path, error);
  const hft_lobster_messages *messages = &tape->messages;
  for (bool more = status == HFT_OK; more;) {
    hft_lobster_book *row = &pair[s->rows & 1], *before = s->rows > 0 ? &pair[~s->rows & 1] : NULL;
    status = hft_lobster_next_book(&reader, row, &more, error);
    if (status != HFT_OK || !more) break;
    if (s->rows < messages->count) {
      hft_price_notes_add_book(&s->notes, row, before);
      if (before != NULL) survey_message(s, &messages->message[s->rows], before, row);
    }
    s->rows++;
  }
  tape->content = hft_hash_u64(tape->content, reader.csv.content);
  s->deep =
      s->first.levels > reader.levels || (double)s->outside > OUTSIDE_MAX * (double)s->visible;
  hft_lobster_close(&reader);
  return status;
}

// More rows than messages: the rows belong to other messages, or to more of them.
static hft_status check_rows(const hft_tape_files *files, size_t rows, size_t count,
                             hft_error *error) {
  if (rows == count || (rows < count && !files->rows_needed)) return HFT_OK;
  return hft_fail(error, HFT_EDATA, files->rows, "%s%zu rows for %zu messages of %s",
                  rows < count ? "only " : "", rows, count, files->messages);
}

// Reads the orderbook files once: collects their prices and checks that each message has a row.
static hft_status survey_files(hft_tape_reader *tape, survey *s, hft_error *error) {
  const hft_tape_files *files = &tape->files;
  if (files->book0 == NULL) return HFT_OK;
  hft_lobster_book *pair = calloc(2, sizeof *pair);
  if (pair == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  hft_status status = hft_lobster_read_first_book(files->book0, &s->first, error);
  if (status == HFT_OK) {
    hft_price_notes_add_book(&s->notes, &s->first, NULL);
    for (int side = 0; side < 2; side++) {
      for (int i = 0; i < s->first.levels; i++) {
        const hft_lobster_level *level = &s->first.side[side][i];
        tape->content = hft_hash_u64(tape->content, (uint64_t)level->price);
        tape->content = hft_hash_u64(tape->content, (uint64_t)level->size);
      }
    }
    status = survey_rows(s, files->rows, tape, pair, error);
  }
  free(pair);
  if (status == HFT_OK) status = check_rows(files, s->rows, tape->messages.count, error);
  tape->deep = s->deep;
  tape->has_rows = status == HFT_OK && s->rows >= tape->messages.count;
  return status;
}

// The book after the first message holds what that message left of its order.
static hft_status find_resting(hft_tape_reader *tape, const survey *s, hft_error *error) {
  const hft_tape_files *files = &tape->files;
  if (!files->resting) return HFT_OK;
  bool known = files->book0 != NULL;
  hft_status status =
      hft_lobster_resting_find(&tape->messages, known ? 1 : 0, &tape->resting, error);
  if (status == HFT_OK && known) {
    hft_lobster_resting_fit(&tape->resting, &s->first, &tape->messages.message[0]);
  }
  return status;
}

static hft_status create_book(hft_tape_reader *tape, survey *s, hft_error *error) {
  const hft_tape_files *files = &tape->files;
  const char *path = files->book0 != NULL ? files->book0 : files->messages;
  hft_status status = find_resting(tape, s, error);
  if (status != HFT_OK) return status;
  const hft_reconstruct_source source = {
      .messages = &tape->messages,
      .resting = files->resting ? &tape->resting : NULL,
      .first = files->book0 != NULL ? &s->first : NULL,
      .window = hft_price_window_choose(&s->notes, &tape->messages),
      .rows = tape->has_rows,
      .deep = s->deep,
  };
  status = hft_reconstruct_create(&source, &tape->book, error);
  if (status != HFT_OK || !tape->has_rows) return hft_lobster_at_row(path, 0, status, error);
  tape->row = malloc(sizeof *tape->row);
  if (tape->row == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  return hft_lobster_open(&tape->reader, files->rows, error);
}

hft_status hft_tape_open(const hft_tape_files *files, hft_tape_reader *tape, hft_error *error) {
  *tape = (hft_tape_reader){.files = *files};
  if (tape->files.rows == NULL) tape->files.rows = files->book0;
  survey *s = calloc(1, sizeof *s);
  if (s == NULL) return hft_fail(error, HFT_ENOMEM, files->messages, "out of memory");
  if (error != NULL) error->where[0] = '\0';
  hft_status status = hft_lobster_read_messages(files->messages, &tape->messages, error);
  tape->content = tape->messages.content;
  if (status == HFT_OK) status = hft_price_notes_begin(&s->notes, error);
  if (status == HFT_OK) status = survey_files(tape, s, error);
  if (status == HFT_OK) status = create_book(tape, s, error);
  hft_price_notes_end(&s->notes);
  free(s);
  if (status != HFT_OK) hft_tape_close(tape);
  return status;
}

void hft_tape_close(hft_tape_reader *tape) {
  hft_reconstruct_free(tape->book);
  hft_lobster_close(&tape->reader);
  hft_lobster_messages_free(&tape->messages);
  free(tape->row);
  free(tape->resting.order);
  *tape = (hft_tape_reader){0};
}

static hft_status read_row(hft_tape_reader *tape, hft_error *error) {
  bool more;
  hft_status status = hft_lobster_next_book(&tape->reader, tape->row, &more, error);
  if (status != HFT_OK) return status;
  if (!more) {
    return hft_fail(error, HFT_EIO, tape->files.rows, "the file has changed while it was read");
  }
  status = hft_reconstruct_correct(tape->book, tape->row, &tape->check, error);
  if (status != HFT_OK) return hft_lobster_at_row(tape->files.rows, tape->next, status, error);
  tape->rows_compared++;
  tape->rows_equal += tape->check.equal;
  return HFT_OK;
}

hft_status hft_tape_next(hft_tape_reader *tape, const hft_lobster_message **message,
                         hft_error *error) {
  *message = NULL;
  if (tape->next == tape->messages.count) return HFT_OK;
  if (error != NULL) error->where[0] = '\0';
  const hft_lobster_message *next = &tape->messages.message[tape->next];
  hft_status status = HFT_OK;
  if (tape->next > 0) status = hft_reconstruct_apply(tape->book, next, error);
  if (status != HFT_OK) {
    return hft_lobster_at_row(tape->files.messages, tape->next, status, error);
  }
  if (tape->has_rows) status = read_row(tape, error);
  if (status != HFT_OK) return status;
  tape->next++;
  *message = next;
  return HFT_OK;
}

hft_status hft_tape_check(const hft_tape_reader *tape, double unmatched_max, hft_error *error) {
  const hft_reconstruct_counts *counts = hft_reconstruct_counts_of(tape->book);
  if (!tape->has_rows && (double)counts->crossing > unmatched_max * (double)counts->messages) {
    return hft_fail(error, HFT_EDATA, tape->files.messages,
                    "%" PRId64 " of %" PRId64
                    " messages add orders that would have traded with the known book, more than "
                    "a share of %g: a tape of few levels needs an orderbook file with a row for "
                    "each message",
                    counts->crossing, counts->messages, unmatched_max);
  }
  int64_t unequal = tape->rows_compared - tape->rows_equal;
  if ((double)unequal <= unmatched_max * (double)tape->rows_compared) return HFT_OK;
  return hft_fail(error, HFT_EDATA, tape->files.rows,
                  "the best prices or sizes of %" PRId64 " of %" PRId64
                  " rows contradict the messages, more than a share of %g: do the files belong "
                  "together?",
                  unequal, tape->rows_compared, unmatched_max);
}
