#include "data/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool touch_equal(const hft_replay_touch *a, const hft_replay_touch *b) {
  return a->best[HFT_BID].price == b->best[HFT_BID].price &&
         a->best[HFT_BID].size == b->best[HFT_BID].size &&
         a->best[HFT_ASK].price == b->best[HFT_ASK].price &&
         a->best[HFT_ASK].size == b->best[HFT_ASK].size;
}

static void compare(hft_replay_result *result, const hft_reconstruct *reconstruct,
                    const hft_lobster_message *message, const hft_lobster_book *truth) {
  hft_replay_touch expected, got;
  for (int side = 0; side < 2; side++) {
    expected.best[side] = truth->side[side][0];
    got.best[side] = hft_reconstruct_best(reconstruct, (hft_side)side);
  }
  int64_t row = result->rows_compared++;
  if (touch_equal(&expected, &got)) {
    result->rows_equal++;
  } else if (!result->differs) {
    result->differs = true;
    result->first = (hft_replay_difference){row, *message, expected, got};
  }
}

// All rows have been compared: the truth must have no more of them.
static hft_status check_no_more(const hft_replay_files *files, hft_lobster_reader *truth,
                                hft_lobster_book *book, size_t message_count, hft_error *error) {
  size_t rows = message_count;
  for (;;) {
    bool more;
    hft_status status = hft_lobster_next_book(truth, book, &more, error);
    if (status != HFT_OK) return status;
    if (!more) break;
    rows++;
  }
  if (rows == message_count) return HFT_OK;
  return hft_fail(error, HFT_EDATA, files->truth, "%zu rows for the %zu messages of %s", rows,
                  message_count, files->messages);
}

static hft_status replay(const hft_replay_files *files, const hft_lobster_messages *messages,
                         hft_reconstruct *reconstruct, hft_lobster_reader *truth,
                         hft_lobster_book *book, hft_replay_result *result, hft_error *error) {
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    hft_status status = HFT_OK;
    if (i > 0) status = hft_reconstruct_apply(reconstruct, message, error);
    if (status != HFT_OK) return hft_lobster_at_row(files->messages, i, status, error);
    bool more;
    status = hft_lobster_next_book(truth, book, &more, error);
    if (status != HFT_OK) return status;
    if (!more) {
      return hft_fail(error, HFT_EDATA, files->truth, "only %zu rows for the %zu messages of %s", i,
                      messages->count, files->messages);
    }
    compare(result, reconstruct, message, book);
  }
  return check_no_more(files, truth, book, messages->count, error);
}

hft_status hft_replay_run(const hft_replay_files *files, hft_replay_result *result,
                          hft_error *error) {
  *result = (hft_replay_result){0};
  hft_lobster_messages messages = {0};
  hft_lobster_book book;
  hft_lobster_reader truth = {0};
  hft_reconstruct *reconstruct = NULL;
  hft_status status = hft_lobster_read_messages(files->messages, &messages, error);
  if (status == HFT_OK) status = hft_lobster_read_first_book(files->book0, &book, error);
  if (status == HFT_OK) status = hft_lobster_open(&truth, files->truth, error);
  if (status == HFT_OK) {
    status = hft_reconstruct_create(&messages, &book, &reconstruct, error);
    if (status != HFT_OK) hft_lobster_at_row(files->book0, 0, status, error);
  }
  if (status == HFT_OK) {
    status = replay(files, &messages, reconstruct, &truth, &book, result, error);
  }
  if (status == HFT_OK) {
    result->tick = hft_reconstruct_tick(reconstruct);
    result->counts = *hft_reconstruct_counts_of(reconstruct);
  }
  hft_reconstruct_free(reconstruct);
  hft_lobster_close(&truth);
  hft_lobster_messages_free(&messages);
  return status;
}
