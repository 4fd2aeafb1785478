#include "eval/page.h"

#include <math.h>

#include "sim/base/check.h"

// ---- text ------------------------------------------------------------------------------------

static const char style[] =
    ":root{color-scheme:light}"
    "body{margin:0;background:#f4f6f8;color:#1f2933;font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:1040px;margin:0 auto;padding:40px 20px 60px}"
    "h1{font-size:28px;margin:0 0 4px;letter-spacing:-.01em}"
    "h2{font-size:18px;margin:0 0 2px}"
    "p{margin:0 0 14px;color:#52606d}"
    "section{background:#fff;border:1px solid #e4e8ec;border-radius:10px;padding:20px 24px;"
    "margin-top:20px;overflow-x:auto}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:0 20px}"
    "svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif;fill:#66727f}"
    "table{border-collapse:collapse;width:100%;margin:4px 0;font-variant-numeric:tabular-nums;"
    "font-size:14px}"
    "th,td{padding:6px 8px;text-align:right;border-bottom:1px solid #e4e8ec;white-space:nowrap}"
    "th{font-weight:500;color:#66727f}"
    ".text{text-align:left}small{display:block;white-space:normal;color:#66727f}"
    ".pass{color:#2a8c5a}.fail{color:#c0392b;font-weight:600}.undecided{color:#66727f}"
    "footer{margin-top:16px;font-size:14px;color:#66727f}";

void hft_page_text(FILE *page, const char *text) {
  for (; *text != '\0'; text++) {
    switch (*text) {
      case '&':
        fputs("&amp;", page);
        break;
      case '<':
        fputs("&lt;", page);
        break;
      case '>':
        fputs("&gt;", page);
        break;
      case '"':
        fputs("&quot;", page);
        break;
      default:
        fputc(*text, page);
    }
  }
}

void hft_page_begin(FILE *page, const char *title) {
  fputs(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
      page);
  hft_page_text(page, title);
  fprintf(page, "</title><style>%s</style></head><body><main><h1>", style);
  hft_page_text(page, title);
  fputs("</h1>", page);
}

void hft_page_end(FILE *page, const char *footer) {
  fputs("<footer>", page);
  hft_page_text(page, footer);
  fputs("</footer></main></body></html>\n", page);
}

void hft_page_card_begin(FILE *page, const char *heading, const char *caption) {
  fputs("<section><h2>", page);
  hft_page_text(page, heading);
  fputs("</h2><p>", page);
  hft_page_text(page, caption);
  fputs("</p>", page);
}

void hft_page_card_end(FILE *page) {
  fputs("</section>\n", page);
}

// ---- axes ------------------------------------------------------------------------------------

enum { WIDTH = 480, HEIGHT = 300, LEFT = 58, RIGHT = 12, TOP = 28, BOTTOM = 44 };

#define TICKS_MAX 12

// Maps values to pixels; low and high of a logarithmic axis are logarithms.
typedef struct axis {
  bool log;
  double low, high;
  double at_low, at_high;  // pixels
} axis;

static double in_axis(const axis *a, double value) {
  return a->log ? log10(value) : value;
}

static bool shows(const axis *a, double value) {
  return isfinite(value) && (!a->log || value > 0);
}

static double place(const axis *a, double value) {
  double part = (in_axis(a, value) - a->low) / (a->high - a->low);
  return a->at_low + part * (a->at_high - a->at_low);
}

// Widens the axis so that it is not empty; a logarithmic one of few decades to whole decades.
static void round_axis(axis *a) {
  if (!(a->low <= a->high)) a->low = a->high = 0;
  double span = a->high - a->low;
  if (a->log && span < 1.5) {
    a->low = floor(a->low);
    a->high = fmax(ceil(a->high), a->low + 1);
  } else if (span <= 0) {
    a->low -= 0.5;
    a->high += 0.5;
  } else {
    a->low -= 0.03 * span;
    a->high += 0.03 * span;
  }
}

// The distance between ticks: 1, 2 or 5 times a power of ten, so that there are about six ticks.
static double tick_step(double span) {
  double power = pow(10, floor(log10(span / 6)));
  double part = span / 6 / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

// Writes the values of the ticks. Returns their number.
static int ticks_of(const axis *a, double *value) {
  double step = tick_step(a->high - a->low);
  if (a->log) step = fmax(1, round(step));
  int count = 0;
  for (double k = ceil(a->low / step); k * step <= a->high && count < TICKS_MAX; k++) {
    value[count++] = a->log ? pow(10, k * step) : k * step + 0.0;  // no -0
  }
  return count;
}

static void draw_axis(FILE *page, const axis *a, bool vertical) {
  double value[TICKS_MAX];
  int count = ticks_of(a, value);
  for (int i = 0; i < count; i++) {
    double at = place(a, value[i]);
    if (vertical) {
      fprintf(page, "<path d=\"M%d %.1fH%d\" stroke=\"#e4e8ec\"/>", LEFT, at, WIDTH - RIGHT);
      fprintf(page, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>", LEFT - 6, at + 4,
              value[i]);
    } else {
      fprintf(page, "<path d=\"M%.1f %dV%d\" stroke=\"#e4e8ec\"/>", at, TOP, HEIGHT - BOTTOM);
      fprintf(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>", at,
              HEIGHT - BOTTOM + 16, value[i]);
    }
  }
}

// ---- plots -----------------------------------------------------------------------------------

// Computes the axes that span all points. False: there are none.
static bool span_axes(const hft_plot *plot, axis *x, axis *y) {
  *x = (axis){plot->log_x, INFINITY, -INFINITY, LEFT, WIDTH - RIGHT};
  *y = (axis){plot->log_y, INFINITY, -INFINITY, HEIGHT - BOTTOM, TOP};
  bool any = false;
  for (int c = 0; c < plot->curve_count; c++) {
    const hft_plot_curve *curve = &plot->curves[c];
    for (size_t i = 0; i < curve->count; i++) {
      if (!shows(x, curve->x[i]) || !shows(y, curve->y[i])) continue;
      any = true;
      x->low = fmin(x->low, in_axis(x, curve->x[i]));
      x->high = fmax(x->high, in_axis(x, curve->x[i]));
      y->low = fmin(y->low, in_axis(y, curve->y[i]));
      y->high = fmax(y->high, in_axis(y, curve->y[i]));
    }
  }
  round_axis(x);
  round_axis(y);
  return any;
}

static void draw_curve(FILE *page, const hft_plot_curve *curve, const axis *x, const axis *y) {
  fprintf(page, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"%s d=\"", curve->color,
          curve->dashed ? " stroke-dasharray=\"5 4\"" : "");
  bool drawing = false;
  for (size_t i = 0; i < curve->count; i++) {
    if (!shows(x, curve->x[i]) || !shows(y, curve->y[i])) {
      drawing = false;
      continue;
    }
    fprintf(page, "%c%.1f %.1f", drawing ? 'L' : 'M', place(x, curve->x[i]), place(y, curve->y[i]));
    drawing = true;
  }
  fputs("\"/>", page);
}

static void draw_legend(FILE *page, const hft_plot *plot) {
  double at = LEFT;
  for (int c = 0; c < plot->curve_count; c++) {
    const hft_plot_curve *curve = &plot->curves[c];
    fprintf(page, "<path d=\"M%.1f 12h18\" stroke=\"%s\" stroke-width=\"2\"%s/>", at, curve->color,
            curve->dashed ? " stroke-dasharray=\"5 4\"" : "");
    fprintf(page, "<text x=\"%.1f\" y=\"16\">", at + 23);
    hft_page_text(page, curve->label);
    fputs("</text>", page);
    int letters = 0;
    for (const char *p = curve->label; *p != '\0'; p++) letters++;
    at += 38 + 6.3 * letters;
  }
}

void hft_page_plot(FILE *page, const hft_plot *plot) {
  axis x, y;
  bool any = span_axes(plot, &x, &y);
  fprintf(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT);
  if (!any) {
    fprintf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">too few data</text></svg>",
            WIDTH / 2, HEIGHT / 2);
    return;
  }
  draw_axis(page, &x, false);
  draw_axis(page, &y, true);
  for (int c = 0; c < plot->curve_count; c++) draw_curve(page, &plot->curves[c], &x, &y);
  draw_legend(page, plot);
  fprintf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + WIDTH - RIGHT) / 2,
          HEIGHT - 8);
  hft_page_text(page, plot->x_label);
  fprintf(page, "</text><text transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">",
          (TOP + HEIGHT - BOTTOM) / 2);
  hft_page_text(page, plot->y_label);
  fputs("</text></svg>", page);
}
