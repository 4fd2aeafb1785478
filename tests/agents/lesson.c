#include "tests/agents/lesson.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

lesson lesson_of(game kind, int envs, int steps) {
  lesson made = {.algorithm = &hft_mappo, .kind = kind, .envs = envs, .steps = steps};
  hft_section_defaults(&hft_network_section, &made.network);
  hft_section_defaults(hft_mappo.section, &made.keys);
  made.network.hidden = (hft_list){1, {32}};
  made.threads = 1;
  made.seed = 1;
  return made;
}

void lesson_begin(lesson *l) {
  hft_error error = {0};
  assert_int_equal(hft_crew_create(l->threads, &l->crew, &error), HFT_OK);
  for (int b = 0; b < LESSON_BLOCKS; b++) {
    l->block[b] = game_create(l->kind, l->envs, b * l->envs);
    l->block[b]->begin(l->block[b], l->seed);
  }
  const hft_learner_spec spec = {.shape = l->block[0]->shape,
                                 .block = l->block,
                                 .blocks = LESSON_BLOCKS,
                                 .crew = l->crew,
                                 .network = &l->network,
                                 .keys = &l->keys,
                                 .rollout_steps = l->steps,
                                 .seed = l->seed};
  assert_int_equal(l->algorithm->create(&spec, &l->learner, &error), HFT_OK);
}

void lesson_end(lesson *l) {
  l->algorithm->free(l->learner);
  for (int b = 0; b < LESSON_BLOCKS; b++) l->block[b]->free(l->block[b]);
  hft_crew_free(l->crew);
}

void lesson_learn(lesson *l, int updates) {
  for (int i = 0; i < updates; i++) {
    l->figures = l->algorithm->update(l->learner, (double)i / updates, l->figure);
  }
}

double lesson_figure(const lesson *l, const char *name) {
  char full[64];
  snprintf(full, sizeof full, "player/%s", name);
  for (int i = 0; i < l->figures; i++) {
    if (strcmp(l->figure[i].name, full) == 0) return l->figure[i].value;
  }
  fail_msg("no figure %s", full);
  return (double)NAN;
}

void lesson_act(const lesson *l, int seat, const float *obs, const uint8_t *mask, void *action) {
  float state[HFT_ACTOR_STATE_MAX] = {0};
  hft_actor_act(l->algorithm->actor(l->learner, 0, seat), state, obs, mask, NULL, action);
}

static uint64_t mix(uint64_t digest, const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    digest = (digest ^ ((const uint8_t *)data)[i]) * 0x100000001b3U;
  return digest;
}

uint64_t lesson_digest(const lesson *l) {
  static hft_tensor tensor[HFT_LEARNER_TENSORS_MAX];
  static const size_t size[] = {4, 8, 8, 8, 1};
  uint64_t digest = 0xcbf29ce484222325U;
  int count = l->algorithm->tensors(l->learner, tensor);
  for (int i = 0; i < count; i++) {
    int64_t numbers = 1;
    for (int k = 0; k < tensor[i].dims; k++) numbers *= tensor[i].dim[k];
    digest = mix(digest, tensor[i].data, (size_t)numbers * size[tensor[i].type]);
  }
  return digest;
}
