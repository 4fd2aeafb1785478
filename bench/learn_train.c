#include "bench/learn.h"
hft_status hft_bench_training_create(const hft_env_model *model, const hft_bench_recipe *recipe,
                                     hft_crew *crew, hft_bench_training **out, hft_error *error) {
  (void)model;
  (void)recipe;
  (void)crew;
  (void)error;
  *out = NULL;
  return HFT_OK;
}
void hft_bench_training_free(hft_bench_training *t) {
  (void)t;
}
int64_t hft_bench_training_run(hft_bench_training *t) {
  (void)t;
  return 1;
}
hft_bench_shares hft_bench_training_shares(const hft_bench_training *t) {
  (void)t;
  return (hft_bench_shares){0};
}
