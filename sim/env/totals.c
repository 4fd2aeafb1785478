#include "sim/env/totals.h"

// Sums of a seat's accounts.
typedef struct sums {
  int64_t fees;   // in HFT_FEE_UNIT
  int64_t fills;  // executions
  int64_t bought, sold, unfilled;
} sums;

static void add_account(sums *sum, const hft_account *account) {
  sum->fees += account->fees;
  sum->fills += account->fill_count;
  sum->bought += account->bought;
  sum->sold += account->sold;
  if (account->transferred > 0) {
    sum->bought += account->transferred;
  } else {
    sum->sold -= account->transferred;
  }
  sum->unfilled += account->unfilled;
}

static void write_totals(hft_fields *fields, double value, double baseline, bool has_parent,
                         double fall, const sums *sum) {
  static const char money[] = "ticks x lots";
  hft_fields_put(fields, "pnl", money,
                 "the sum of the terms pnl, before per_lot: fees paid, closing included",
                 HFT_BOUNDS_ANY, value);
  hft_fields_put(fields, "shortfall", money,
                 "of an executor: what its parent order cost beyond the reference price at the "
                 "start, -pnl; 0 for others",
                 HFT_BOUNDS_ANY, has_parent ? -value : 0);
  hft_fields_put(fields, "fees", money, "fees paid, less rebates received", HFT_BOUNDS_ANY,
                 HFT_FEE_UNIT * (double)sum->fees);
  hft_fields_put(fields, "fills", "executions", "executions of its orders, in part or whole",
                 HFT_BOUNDS_FROM_0, (double)sum->fills);
  hft_fields_put(fields, "bought", "lots", "bought, with what the exchange closed beside the book",
                 HFT_BOUNDS_FROM_0, (double)sum->bought);
  hft_fields_put(fields, "sold", "lots", "sold, likewise", HFT_BOUNDS_FROM_0, (double)sum->sold);
  hft_fields_put(
      fields, "max_drawdown", money,
      "largest fall of pnl from its highest, which is at least 0, as risk_config.max_drawdown "
      "limits it: after each step, and before positions are closed",
      HFT_BOUNDS_FROM_0, fall);
  hft_fields_put(fields, "unfilled", "lots", "of a position that were closed beyond the book",
                 HFT_BOUNDS_FROM_0, (double)sum->unfilled);
  hft_fields_put(fields, "baseline", money,
                 "the sum of the terms baseline, before per_lot: pnl + baseline is the P&L beyond "
                 "the baseline",
                 HFT_BOUNDS_ANY, baseline);
}

void hft_totals_names(hft_fields *fields) {
  const sums none = {0};
  write_totals(fields, 0, 0, false, 0, &none);
}

void hft_env_totals(const hft_env_model *model, hft_env *env, int seat, float *totals) {
  hft_seat_view view;
  hft_seat_view_init(&view, model, env, seat);
  sums sum = {0};
  for (int k = 0; k < view.seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(&view, k);
    add_account(&sum, hft_desk_account(&desk));
  }
  hft_fields fields = {.value = totals};
  bool has_parent = hft_role_class_of(view.seat_model->role)->parent != NULL;
  write_totals(&fields, view.seat->value, view.seat->baseline, has_parent,
               view.seat->drawdown.largest, &sum);
}
