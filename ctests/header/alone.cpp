#include <hostws.hpp>
#include <hostws.hpp>
