#include "eval/record.h"

#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/model.h"
#include "sim/market/state.h"

// The path of the mid at an instrument.
typedef struct path {
  const int64_t *mid2;  // of the market
  hft_mid_note *note;
  size_t count;
  int64_t lost;
  int64_t now2;         // the mid noted last
  int64_t end2;         // at the end of the episode
  hft_time last_event;  // the request of that time has left the mid as it stands now
} path;

// The notes of an agent, and its account as it was at the last of them.
typedef struct agent {
  const hft_account *account;
  hft_fill_note *fill;
  hft_step_note *step;
  size_t fill_count, step_count;
  int64_t lost;
  int64_t release_mid2;
  int64_t position, fees;
  hft_cash cash, edge2;
  int path;
} agent;

struct hft_record {
  int agent_count, path_count, instrument;
  bool closing;
  hft_owner first;
  hft_market *market;
  hft_time start, end;
  size_t fills_max, mids_max, steps_max;  // of each agent or instrument
  double *scratch;
  const hft_sink *next;
  hft_sink sink;
  path *path;
  agent *agent;
};

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

// Lays out the memory of a record at `block`, which may be null. Returns its size.
static size_t lay_out(char *block, hft_record *self) {
  size_t agents = (size_t)self->agent_count, paths = (size_t)self->path_count;
  size_t total = hft_align(sizeof(hft_record));
  size_t path_at = hft_layout_add(&total, paths * sizeof(path));
  size_t agent_at = hft_layout_add(&total, agents * sizeof(agent));
  size_t scratch_at = hft_layout_add(&total, self->steps_max * sizeof(double));
  size_t step_at = hft_layout_add(&total, agents * self->steps_max * sizeof(hft_step_note));
  size_t fill_at = hft_layout_add(&total, agents * self->fills_max * sizeof(hft_fill_note));
  size_t mid_at = hft_layout_add(&total, paths * self->mids_max * sizeof(hft_mid_note));
  if (block == NULL) return total;
  self->path = hft_at(block, path_at);
  self->agent = hft_at(block, agent_at);
  self->scratch = hft_at(block, scratch_at);
  for (size_t i = 0; i < agents; i++) {
    self->agent[i] = (agent){0};
    self->agent[i].step = (hft_step_note *)hft_at(block, step_at) + i * self->steps_max;
    self->agent[i].fill = (hft_fill_note *)hft_at(block, fill_at) + i * self->fills_max;
  }
  for (size_t k = 0; k < paths; k++) {
    self->path[k] = (path){0};
    self->path[k].note = (hft_mid_note *)hft_at(block, mid_at) + k * self->mids_max;
  }
  return total;
}

static hft_record make(int agents, int instruments, int64_t steps) {
  HFT_CHECK(agents >= 1 && instruments >= 1 && agents % instruments == 0 && steps >= 1);
  size_t a = (size_t)agents, k = (size_t)instruments, s = (size_t)steps;
  return (hft_record){
      .agent_count = agents,
      .path_count = instruments,
      .fills_max = least(HFT_RECORD_FILLS_MAX, HFT_RECORD_ALL_FILLS_MAX / a + 1),
      .mids_max = least(HFT_RECORD_MIDS_MAX, HFT_RECORD_ALL_MIDS_MAX / k + 1),
      .steps_max = least(least(s, HFT_RECORD_STEPS_MAX), HFT_RECORD_ALL_STEPS_MAX / a + 1),
  };
}

size_t hft_record_size(int agents, int instruments, int64_t steps) {
  hft_record self = make(agents, instruments, steps);
  return lay_out(NULL, &self);
}

hft_record *hft_record_init(void *memory, int agents, int instruments, int64_t steps) {
  HFT_CHECK((uintptr_t)memory % HFT_CACHE_LINE == 0);
  hft_record *self = memory;
  *self = make(agents, instruments, steps);
  lay_out(memory, self);
  return self;
}

// ---- notes -------------------------------------------------------------------------------------

static void add_mid(const hft_record *self, path *p) {
  p->now2 = *p->mid2;
  if (p->count == self->mids_max) {
    p->lost++;
    return;
  }
  p->note[p->count++] = (hft_mid_note){p->last_event, p->now2};
}

// Notes the mid if it has changed. The change was made by the request of the last event.
static inline void note_mid(const hft_record *self, path *p) {
  if (*p->mid2 != p->now2) add_mid(self, p);
}

static hft_fill_note *add_fill(const hft_record *self, agent *r) {
  if (r->fill_count == self->fills_max) {
    r->lost++;
    return NULL;
  }
  return &r->fill[r->fill_count++];
}

// The agent of an owner, if it is one of the record's and trades at the instrument of the event.
static inline agent *agent_of(const hft_record *self, hft_owner owner, const hft_event *event) {
  unsigned index = (unsigned)owner - (unsigned)self->first;
  if (index >= (unsigned)self->agent_count) return NULL;
  agent *r = &self->agent[index];
  return r->path + self->instrument == event->instrument ? r : NULL;
}

static void remember(agent *r) {
  const hft_account *account = r->account;
  r->position = account->position;
  r->cash = account->cash;
  r->fees = account->fees;
  r->edge2 = account->maker_edge2 + account->taker_edge2;
}

// Notes what a fill has changed in the account: its event follows the booking at once. So the sums
// over the notes are the account's own, to the last digit.
static void note_fill(const hft_record *self, agent *r, const hft_event *event, hft_fill_role role,
                      hft_owner other) {
  const hft_account *account = r->account;
  int64_t qty = account->position - r->position;
  hft_cash cash = account->cash - r->cash;
  hft_cash edge2 = account->maker_edge2 + account->taker_edge2 - r->edge2;
  hft_fill_note *note = add_fill(self, r);
  if (note != NULL) {
    *note = (hft_fill_note){
        .time = event->time,
        .rested = role == HFT_FILL_MAKER ? event->rested : 0,
        .qty = qty,
        .cash = cash,
        .fee = account->fees - r->fees,
        .mid2 = qty != 0 ? (edge2 - 2 * cash) / qty : self->path[r->path].now2,
        .other = other,
        .role = (uint8_t)role,
        .closing = self->closing && role != HFT_FILL_MAKER,  // it is hit by another's closing
    };
  }
  remember(r);
}

// An agent that trades with itself, where no rule prevents it: two fills, with both fees in one.
static void note_own_trade(const hft_record *self, agent *r, const hft_event *event) {
  int64_t bought = event->side == HFT_BID ? event->qty : -(int64_t)event->qty;
  bool auction = event->reason == HFT_REASON_AUCTION;
  for (int part = 0; part < 2; part++) {
    hft_fill_note *note = add_fill(self, r);
    if (note == NULL) continue;
    int64_t qty = part == 0 ? bought : -bought;
    *note = (hft_fill_note){
        .time = event->time,
        .rested = part == 0 && !auction ? event->rested : 0,
        .qty = qty,
        .cash = -qty * event->price,
        .fee = part == 0 ? r->account->fees - r->fees : 0,
        .mid2 = self->path[r->path].now2,
        .other = event->owner,
        .role = auction     ? HFT_FILL_AUCTION
                : part == 0 ? HFT_FILL_MAKER
                            : HFT_FILL_TAKER,
    };
  }
  remember(r);
}

static void note_trade(const hft_record *self, const hft_event *event) {
  agent *maker = agent_of(self, event->owner, event);
  agent *taker = agent_of(self, event->taker_owner, event);
  if (maker != NULL && maker == taker) {
    note_own_trade(self, maker, event);
    return;
  }
  bool auction = event->reason == HFT_REASON_AUCTION;
  if (maker != NULL) {
    note_fill(self, maker, event, auction ? HFT_FILL_AUCTION : HFT_FILL_MAKER, event->taker_owner);
  }
  if (taker != NULL) {
    if (taker->release_mid2 == 0) taker->release_mid2 = self->path[taker->path].now2;
    note_fill(self, taker, event, auction ? HFT_FILL_AUCTION : HFT_FILL_TAKER, event->owner);
  }
}

static void on_event(void *context, const hft_event *event) {
  hft_record *self = context;
  int k = event->instrument - self->instrument;
  if (k >= 0 && k < self->path_count) {
    path *p = &self->path[k];
    // The end of an auction sets the mid before it is reported; requests set it after their events.
    bool before = event->kind == HFT_EVENT_PHASE &&
                  (event->reason == HFT_REASON_CONTINUOUS || event->reason == HFT_REASON_CLOSED);
    if (before) p->last_event = event->time;
    if (!self->closing) note_mid(self, p);
    p->last_event = event->time;
    agent *own = agent_of(self, event->owner, event);
    if (own != NULL && own->release_mid2 == 0) own->release_mid2 = p->now2;
    if (event->kind == HFT_EVENT_TRADE) {
      note_trade(self, event);
    } else if (event->kind == HFT_EVENT_TRANSFER && own != NULL) {
      note_fill(self, own, event, HFT_FILL_TRANSFER, HFT_OWNER_NONE);
    }
  }
  if (self->next != NULL) self->next->on_event(self->next->context, event);
}

// ---- an episode --------------------------------------------------------------------------------

void hft_record_open(hft_record *record, const hft_model *model, hft_market *market,
                     hft_owner first, int instrument, const hft_sink *next) {
  record->first = first;
  record->instrument = instrument;
  record->market = market;
  hft_time before = hft_market_now(market);
  record->start = record->end = before + 1;
  record->closing = false;
  record->next = next;
  record->sink = (hft_sink){on_event, record};
  for (int k = 0; k < record->path_count; k++) {
    path *p = &record->path[k];
    p->mid2 = &hft_market_instrument(market, instrument + k)->mid2;
    p->count = 0;
    p->lost = 0;
    p->end2 = 0;
    p->last_event = before;
    add_mid(record, p);
  }
  for (int i = 0; i < record->agent_count; i++) {
    agent *r = &record->agent[i];
    r->path = i % record->path_count;
    r->account = hft_market_account(model, market, (hft_owner)(first + i), instrument + r->path);
    r->fill_count = r->step_count = 0;
    r->lost = 0;
    r->release_mid2 = 0;
    remember(r);
  }
}

const hft_sink *hft_record_sink(const hft_record *record) {
  return &record->sink;
}

static hft_step_note step_of(const hft_record *self, const agent *r) {
  const path *p = &self->path[r->path];
  int64_t mid2 = self->closing ? p->end2 : p->now2;
  return (hft_step_note){hft_account_value(r->account, 0.5 * (double)mid2), r->account->position};
}

static void note_mids(hft_record *self) {
  for (int k = 0; k < self->path_count; k++) note_mid(self, &self->path[k]);
}

void hft_record_step(hft_record *record) {
  note_mids(record);
  for (int i = 0; i < record->agent_count; i++) {
    agent *r = &record->agent[i];
    if (r->step_count == record->steps_max) {
      r->lost++;
    } else {
      r->step[r->step_count++] = step_of(record, r);
    }
  }
}

void hft_record_end(hft_record *record) {
  note_mids(record);
  record->end = hft_market_now(record->market);
  record->closing = true;
  for (int k = 0; k < record->path_count; k++) record->path[k].end2 = record->path[k].now2;
}

void hft_record_complete(hft_record *record) {
  for (int i = 0; i < record->agent_count; i++) {
    agent *r = &record->agent[i];
    if (r->step_count > 0) r->step[r->step_count - 1] = step_of(record, r);
  }
}

hft_trading hft_record_trading(const hft_record *record, int index) {
  HFT_CHECK(index >= 0 && index < record->agent_count);
  const agent *r = &record->agent[index];
  const path *p = &record->path[r->path];
  return (hft_trading){
      .fill = r->fill,
      .mid = p->note,
      .step = r->step,
      .fill_count = r->fill_count,
      .mid_count = p->count,
      .step_count = r->step_count,
      .lost = r->lost + p->lost,
      .start = record->start,
      .end = record->end,
      .arrival_mid2 = p->note[0].mid2,
      .release_mid2 = r->release_mid2,
      .end_mid2 = record->closing ? p->end2 : p->now2,
  };
}

double *hft_record_scratch(hft_record *record) {
  return record->scratch;
}
