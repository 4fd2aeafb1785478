// Activations, biases and layer norm over batches: one pass over the rows each.
#include <math.h>
#include <string.h>

#include "agents/nn/elementary.h"
#include "agents/nn/net_state.h"

// Partial sums of a row: so many run side by side and are added up in one fixed order, whatever the
// vectors of the machine are. GCC and clang split a vector that is too wide for it.
#define LANES 16
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

HFT_INLINE void load(lanes *to, const float *from) {
  memcpy(to, from, sizeof *to);
}

// The last `count` numbers of a row, fewer than LANES; zero beyond.
HFT_INLINE void load_rest(lanes *to, const float *from, int count) {
  float padded[LANES] = {0};
  for (int k = 0; k < count; k++) padded[k] = from[k];
  load(to, padded);
}

// The sum of the lanes, by halves.
HFT_INLINE float total(const lanes *lane) {
  float half[LANES];
  memcpy(half, lane, sizeof half);
  for (int count = LANES / 2; count > 0; count /= 2) {
    for (int j = 0; j < count; j++) half[j] += half[count + j];
  }
  return half[0];
}

HFT_INLINE float activation(hft_activation kind, float x) {
  if (kind == HFT_ACTIVATION_TANH) return hft_tanh(x);
  if (kind == HFT_ACTIVATION_ELU) return hft_elu(x);
  return x < 0.0F ? 0.0F : x;
}

// The derivative, of the activation's value y.
HFT_INLINE float slope(hft_activation kind, float y) {
  if (kind == HFT_ACTIVATION_TANH) return 1.0F - y * y;
  if (kind == HFT_ACTIVATION_ELU) return y < 0.0F ? y + 1.0F : 1.0F;
  return y > 0.0F ? 1.0F : 0.0F;
}

HFT_INLINE void activate(hft_activation kind, float *z, const float *bias, int64_t rows,
                         int units) {
  for (int64_t r = 0; r < rows; r++) {
    float *row = z + r * units;
    for (int j = 0; j < units; j++) row[j] = activation(kind, row[j] + bias[j]);
  }
}

// The kind is a constant in each call, so that no loop has a branch.
HFT_CLONES void hft_activate(hft_activation kind, float *restrict z, const float *restrict bias,
                             int64_t rows, int units) {
  if (kind == HFT_ACTIVATION_TANH) {
    activate(HFT_ACTIVATION_TANH, z, bias, rows, units);
  } else if (kind == HFT_ACTIVATION_ELU) {
    activate(HFT_ACTIVATION_ELU, z, bias, rows, units);
  } else {
    activate(HFT_ACTIVATION_RELU, z, bias, rows, units);
  }
}

HFT_INLINE void activate_back(hft_activation kind, const float *restrict y, float *restrict d,
                              int64_t rows, int units, float *restrict grad_bias) {
  for (int64_t r = 0; r < rows; r++) {
    const float *y_row = y + r * units;
    float *d_row = d + r * units;
    for (int j = 0; j < units; j++) {
      float g = d_row[j] * slope(kind, y_row[j]);
      d_row[j] = g;
      grad_bias[j] += g;
    }
  }
}

HFT_CLONES void hft_activate_back(hft_activation kind, const float *restrict y, float *restrict d,
                                  int64_t rows, int units, float *restrict grad_bias) {
  if (kind == HFT_ACTIVATION_TANH) {
    activate_back(HFT_ACTIVATION_TANH, y, d, rows, units, grad_bias);
  } else if (kind == HFT_ACTIVATION_ELU) {
    activate_back(HFT_ACTIVATION_ELU, y, d, rows, units, grad_bias);
  } else {
    activate_back(HFT_ACTIVATION_RELU, y, d, rows, units, grad_bias);
  }
}

HFT_INLINE float standardise_row(float *row, int units) {
  const float share = 1.0F / (float)units;
  const int whole = units - units % LANES, rest = units - whole;
  lanes sum = {0}, square = {0}, x;
  for (int j = 0; j < whole; j += LANES) {
    load(&x, row + j);
    sum += x;
  }
  load_rest(&x, row + whole, rest);
  sum += x;
  const float mean = total(&sum) * share;
  for (int j = 0; j < whole; j += LANES) {
    load(&x, row + j);
    x -= mean;
    square += x * x;
  }
  for (int j = 0; j < units; j++) row[j] -= mean;
  load_rest(&x, row + whole, rest);
  square += x * x;
  const float inverse = 1.0F / sqrtf(total(&square) * share + HFT_NORM_EPSILON);
  for (int j = 0; j < units; j++) row[j] *= inverse;
  return inverse;
}

HFT_CLONES float hft_standardise_row(float *row, int units) {
  return standardise_row(row, units);
}

HFT_INLINE void activate_row(hft_activation kind, const float *restrict x, float *restrict y,
                             const float *restrict gain, const float *restrict shift, int units) {
  if (kind == HFT_ACTIVATION_TANH) {
    for (int j = 0; j < units; j++) y[j] = hft_tanh(x[j] * gain[j] + shift[j]);
  } else if (kind == HFT_ACTIVATION_ELU) {
    for (int j = 0; j < units; j++) y[j] = hft_elu(x[j] * gain[j] + shift[j]);
  } else {
    for (int j = 0; j < units; j++) {
      y[j] = activation(HFT_ACTIVATION_RELU, x[j] * gain[j] + shift[j]);
    }
  }
}

HFT_CLONES void hft_norm_activate(hft_activation kind, const float *restrict bias,
                                  const float *restrict gain, const float *restrict shift,
                                  float *restrict normal, float *restrict inverse,
                                  float *restrict y, int64_t rows, int units) {
  for (int64_t r = 0; r < rows; r++) {
    float *row = normal + r * units;
    for (int j = 0; j < units; j++) row[j] += bias[j];
    inverse[r] = standardise_row(row, units);
    activate_row(kind, row, y + r * units, gain, shift, units);
  }
}

// d = slope d, and the sums that the gradient of the standardisation needs: of d gain, and of d
// gain times the standardised value.
HFT_INLINE void norm_row_back(hft_activation kind, const float *restrict y,
                              const float *restrict normal, const float *restrict gain,
                              float *restrict d, int units, float inverse,
                              float *restrict grad_gain, float *restrict grad_shift,
                              float *restrict grad_bias) {
  const int whole = units - units % LANES, rest = units - whole;
  lanes sum = {0}, product = {0}, x, scaled;
  for (int j = 0; j < units; j++) {
    float g = d[j] * slope(kind, y[j]);
    grad_shift[j] += g;
    grad_gain[j] += g * normal[j];
    d[j] = g * gain[j];
  }
  for (int j = 0; j < whole; j += LANES) {
    load(&x, d + j);
    load(&scaled, normal + j);
    sum += x;
    product += x * scaled;
  }
  load_rest(&x, d + whole, rest);
  load_rest(&scaled, normal + whole, rest);
  sum += x;
  product += x * scaled;
  const float mean = total(&sum) / (float)units, along = total(&product) / (float)units;
  for (int j = 0; j < units; j++) {
    float g = inverse * (d[j] - mean - normal[j] * along);
    d[j] = g;
    grad_bias[j] += g;
  }
}

HFT_CLONES void hft_norm_activate_back(hft_activation kind, const float *restrict y,
                                       const float *restrict normal, const float *restrict inverse,
                                       const float *restrict gain, float *restrict d, int64_t rows,
                                       int units, float *restrict grad_gain,
                                       float *restrict grad_shift, float *restrict grad_bias) {
  for (int64_t r = 0; r < rows; r++) {
    int64_t from = r * units;
    if (kind == HFT_ACTIVATION_TANH) {
      norm_row_back(HFT_ACTIVATION_TANH, y + from, normal + from, gain, d + from, units, inverse[r],
                    grad_gain, grad_shift, grad_bias);
    } else if (kind == HFT_ACTIVATION_ELU) {
      norm_row_back(HFT_ACTIVATION_ELU, y + from, normal + from, gain, d + from, units, inverse[r],
                    grad_gain, grad_shift, grad_bias);
    } else {
      norm_row_back(HFT_ACTIVATION_RELU, y + from, normal + from, gain, d + from, units, inverse[r],
                    grad_gain, grad_shift, grad_bias);
    }
  }
}

HFT_CLONES void hft_activate_row(hft_activation kind, float *y, const float *gain,
                                 const float *shift, int units) {
  if (gain != NULL) {
    for (int j = 0; j < units; j++) y[j] = y[j] * gain[j] + shift[j];
  }
  if (kind == HFT_ACTIVATION_TANH) {
    for (int j = 0; j < units; j++) y[j] = hft_tanh(y[j]);
  } else if (kind == HFT_ACTIVATION_ELU) {
    for (int j = 0; j < units; j++) y[j] = hft_elu(y[j]);
  } else {
    for (int j = 0; j < units; j++) y[j] = activation(HFT_ACTIVATION_RELU, y[j]);
  }
}

HFT_CLONES void hft_add_bias(float *restrict y, const float *restrict bias, int64_t rows,
                             int units) {
  for (int64_t r = 0; r < rows; r++) {
    for (int j = 0; j < units; j++) y[r * units + j] += bias[j];
  }
}

HFT_CLONES void hft_add_columns(float *restrict sum, const float *restrict d, int64_t rows,
                                int units) {
  for (int64_t r = 0; r < rows; r++) {
    for (int j = 0; j < units; j++) sum[j] += d[r * units + j];
  }
}
