// The C++ header includes the whole C interface.
#include <hostws.hpp>

#include <iostream>
#include <string>

int main()
{
    ws_handler handler{};
    handler.struct_size = sizeof handler;

    const ws_id ws = ws_new("no address", &handler, nullptr);
    const std::string words = ws_last_error_message();
    std::cout << "hostws " << ws_version() << ": " << ws << ", " << words << '\n';
    return ws < 0 && ws_last_error() == ws && !words.empty() ? 0 : 1;
}
