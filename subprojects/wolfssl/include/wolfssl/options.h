/* Debian's library describes itself in a file of this name. */
#include "user_settings.h"
