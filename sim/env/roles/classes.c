#include "sim/env/roles/role.h"

#define CLASS(NAME, name) &hft_role_##name##_class,
#define SECTION(NAME, name) &hft_role_##name##_class.section,

const hft_role_class *const hft_role_classes[HFT_ROLE_COUNT] = {HFT_ROLES(CLASS)};
const hft_section *const hft_seat_sections[HFT_ROLE_COUNT] = {HFT_ROLES(SECTION)};
