#include "data/lobster/replay.h"

#include "data/lobster/tape.h"

static hft_status replay(hft_tape_reader *tape, hft_replay_result *result, hft_error *error) {
  for (;;) {
    const hft_lobster_message *message;
    hft_status status = hft_tape_next(tape, &message, error);
    if (status != HFT_OK || message == NULL) return status;
    if (tape->check.equal || result->differs) continue;
    result->differs = true;
    result->first = (hft_replay_difference){tape->rows_compared - 1, *message, tape->check.expected,
                                            tape->check.got};
  }
}

hft_status hft_replay_run(const hft_replay_files *files, hft_replay_result *result,
                          hft_error *error) {
  *result = (hft_replay_result){0};
  const hft_tape_files names = {files->messages, files->book0, files->truth, true};
  hft_tape_reader tape;
  hft_status status = hft_tape_open(&names, &tape, error);
  if (status != HFT_OK) return status;
  status = replay(&tape, result, error);
  result->rows_compared = tape.rows_compared;
  result->rows_equal = tape.rows_equal;
  result->window = *hft_reconstruct_window(tape.book);
  result->counts = *hft_reconstruct_counts_of(tape.book);
  hft_tape_close(&tape);
  return status;
}
