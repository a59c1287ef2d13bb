#include <hostws.h>
#include <hostws.h>
