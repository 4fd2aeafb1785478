// The samples of LOB-Bench from rows.
#include <math.h>
#include <stdlib.h>

#include "data/judge/judge.h"

#define OFI_MESSAGES 100  // of a mean of the order flow imbalance
#define LEAST_TIME 1e-9   // ms or s: what stands for no time between two messages
#define MINUTE 60         // volumes are given a minute

// ---- blocks ----------------------------------------------------------------------------------

// The block of a time, from 0; -1: before the first.
static int64_t block_of(const hft_judge_rows *rows, const hft_judge_part *part, hft_time time) {
  hft_time after = time - rows->begin - part->skip;
  if (after < 0) return -1;
  return part->block > 0 ? after / part->block : 0;
}

static bool wanted(const hft_judge_part *part, int64_t block) {
  if (block < 0) return false;
  if (part->blocks == HFT_JUDGE_ALL) return true;
  return (block % 2 == 0) == (part->blocks == HFT_JUDGE_ODD);
}

bool hft_judge_next_stretch(const hft_judge_rows *rows, const hft_judge_part *part,
                            hft_judge_stretch *stretch) {
  for (size_t first = stretch->last; first < rows->count;) {
    int64_t block = block_of(rows, part, rows->row[first].time);
    size_t last = first + 1;
    while (last < rows->count && block_of(rows, part, rows->row[last].time) == block) last++;
    if (wanted(part, block) && last - first >= HFT_JUDGE_BLOCK_MIN) {
      *stretch = (hft_judge_stretch){first, last};
      return true;
    }
    first = last;
  }
  stretch->first = stretch->last = rows->count;
  return false;
}

// ---- the samples of a stretch ----------------------------------------------------------------

// The samples and the rows under work. `lacks` memory: a value could not be kept.
typedef struct work {
  const hft_judge_row *row;
  size_t count;
  hft_judge_samples *samples;
  size_t chunk;                 // number of the stretch's first chunk
  uint32_t *added, *cancelled;  // by order: index + 1 in `row` of its first one here; 0: none
  double *flow;                 // [count] prefix sums of the order flow imbalance
  bool lacks;
} work;

static uint16_t chunk_of(const work *w, size_t i) {
  size_t chunk = w->chunk + (size_t)((w->row[i].time - w->row[0].time) / HFT_JUDGE_CHUNK);
  return chunk < UINT16_MAX ? (uint16_t)chunk : UINT16_MAX;
}

// Adds a value that belongs to row i.
static void put(work *w, size_t i, hft_score score, double value) {
  hft_judge_sample *sample = &w->samples->sample[score];
  size_t room = sample->values.capacity;
  if (!hft_doubles_push(&sample->values, value)) {
    w->lacks = true;
    return;
  }
  if (sample->values.capacity > room) {
    uint16_t *moved = realloc(sample->chunk, sample->values.capacity * sizeof *moved);
    if (moved == NULL) {
      w->lacks = true;
      return;
    }
    sample->chunk = moved;
  }
  sample->chunk[sample->values.count - 1] = chunk_of(w, i);
}

static bool is_cancel(const hft_judge_row *row) {
  return row->kind == HFT_JUDGE_REDUCE || row->kind == HFT_JUDGE_CANCEL;
}

static double seconds(hft_time time) {
  return (double)time / 1e9;
}

static double mid_of(const hft_judge_row *row) {
  return ((double)row->best[HFT_BID] + (double)row->best[HFT_ASK]) / 2;
}

static void sample_book(work *w) {
  for (size_t i = 0; i < w->count; i++) {
    const hft_judge_row *r = &w->row[i];
    put(w, i, HFT_SCORE_SPREAD, (double)r->best[HFT_ASK] - (double)r->best[HFT_BID]);
    double bid = r->touch[HFT_BID], ask = r->touch[HFT_ASK];
    put(w, i, HFT_SCORE_IMBALANCE, (bid - ask) / (bid + ask));
  }
  // Asks first, and then bids: of large samples every n-th value is used.
  for (int side = 1; side >= 0; side--) {
    for (size_t i = 0; i < w->count; i++) {
      put(w, i, HFT_SCORE_VOL_TOUCH, w->row[i].touch[side]);
      put(w, i, HFT_SCORE_VOL10, (double)w->row[i].deep[side]);
    }
  }
}

// Times are in seconds as doubles, as the published scores have them.
static void sample_times(work *w) {
  for (size_t i = 1; i < w->count; i++) {
    double wait = (seconds(w->row[i].time) - seconds(w->row[i - 1].time)) * 1000;
    put(w, i, HFT_SCORE_LOG_IAT, log(wait > 0 ? wait : LEAST_TIME));
  }
  for (size_t i = 0; i < w->count; i++) {
    uint32_t *added = &w->added[w->row[i].order];
    if (w->row[i].kind == HFT_JUDGE_LIMIT && *added == 0) *added = (uint32_t)i + 1;
  }
  for (size_t i = 0; i < w->count; i++) {
    uint32_t order = w->row[i].order;
    if (!is_cancel(&w->row[i]) || w->cancelled[order] != 0) continue;
    w->cancelled[order] = (uint32_t)i + 1;
    if (w->added[order] == 0) continue;
    double life = seconds(w->row[i].time) - seconds(w->row[w->added[order] - 1].time);
    put(w, i, HFT_SCORE_LOG_TTC, log(life > 0 ? life : LEAST_TIME));
  }
  for (size_t i = 0; i < w->count; i++)
    w->added[w->row[i].order] = w->cancelled[w->row[i].order] = 0;
}

static void sample_orders(work *w) {
  for (size_t i = 0; i < w->count; i++) {
    const hft_judge_row *r = &w->row[i];
    bool limit = r->kind == HFT_JUDGE_LIMIT;
    if (!limit && !is_cancel(r)) continue;
    double depth = fabs(r->price - mid_of(r));
    if (depth > 0) put(w, i, limit ? HFT_SCORE_LIMIT_DEPTH : HFT_SCORE_CANCEL_DEPTH, depth);
    if (r->level <= HFT_JUDGE_LEVELS) {
      put(w, i, limit ? HFT_SCORE_LIMIT_LEVEL : HFT_SCORE_CANCEL_LEVEL, r->level);
    }
    if (limit) put(w, i, HFT_SCORE_SIZE_LIMIT, r->qty);
  }
}

// All executions with the same time and side are one market order.
static void sample_trades(work *w) {
  double size = 0, volume = 0;
  hft_time second = 0;
  const hft_judge_row *before = NULL;
  for (size_t i = 0; i < w->count; i++) {
    const hft_judge_row *r = &w->row[i];
    bool trade = r->kind == HFT_JUDGE_EXECUTE;
    bool same = trade && before != NULL && before->time == r->time && before->side == r->side;
    if (size > 0 && !same) {
      put(w, i, HFT_SCORE_SIZE_MARKET, size);
      size = 0;
    }
    before = trade ? r : NULL;
    if (!trade) continue;
    if (volume > 0 && r->time / HFT_SECOND != second) {
      put(w, i, HFT_SCORE_VOL_MIN, volume * MINUTE);
      volume = 0;
    }
    second = r->time / HFT_SECOND;
    size += r->qty;
    volume += r->qty;
  }
  if (size > 0) put(w, w->count - 1, HFT_SCORE_SIZE_MARKET, size);
  if (volume > 0) put(w, w->count - 1, HFT_SCORE_VOL_MIN, volume * MINUTE);
}

static void sample_flow(work *w) {
  w->flow[0] = 0;
  for (size_t i = 1; i < w->count; i++) {
    w->flow[i] = w->flow[i - 1] + hft_judge_flow(&w->row[i - 1], &w->row[i]);
  }
  for (size_t i = OFI_MESSAGES; i < w->count; i++) {
    double mean = (w->flow[i] - w->flow[i - OFI_MESSAGES]) / OFI_MESSAGES;
    put(w, i, HFT_SCORE_OFI, mean);
    if (i + 1 == w->count) break;
    double move = mid_of(&w->row[i + 1]) - mid_of(&w->row[i]);
    put(w, i, move > 0 ? HFT_SCORE_OFI_UP : move < 0 ? HFT_SCORE_OFI_DN : HFT_SCORE_OFI_STAY, mean);
  }
}

hft_status hft_judge_add(const hft_judge_rows *rows, const hft_judge_part *part,
                         hft_judge_samples *samples) {
  work w = {.samples = samples};
  w.added = calloc((size_t)rows->orders + 1, sizeof *w.added);
  w.cancelled = calloc((size_t)rows->orders + 1, sizeof *w.cancelled);
  w.flow = malloc((rows->count + 1) * sizeof *w.flow);
  w.lacks = w.added == NULL || w.cancelled == NULL || w.flow == NULL;
  hft_judge_stretch stretch = {0};
  while (!w.lacks && hft_judge_next_stretch(rows, part, &stretch)) {
    w.row = rows->row + stretch.first;
    w.count = stretch.last - stretch.first;
    w.chunk = samples->chunks;
    sample_book(&w);
    sample_times(&w);
    sample_orders(&w);
    sample_trades(&w);
    sample_flow(&w);
    samples->chunks = (size_t)chunk_of(&w, w.count - 1) + 1;
  }
  free(w.added);
  free(w.cancelled);
  free(w.flow);
  return w.lacks ? HFT_ENOMEM : HFT_OK;
}

void hft_judge_samples_free(hft_judge_samples *samples) {
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    free(samples->sample[i].values.value);
    free(samples->sample[i].chunk);
  }
  *samples = (hft_judge_samples){0};
}
