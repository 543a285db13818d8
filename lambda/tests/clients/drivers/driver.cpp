// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
#include <algorithm>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace kami { // what kami.hpp says of an app
const std::string APP = "driver", PRODUCT = "driver";
const std::vector<std::string> ROOT_KEYS = {};
} // namespace kami

#include "lease.hpp"

using namespace kami;

static Roots split(const string& text, char by) {
    Roots parts;
    std::istringstream from(text);
    for (string part; std::getline(from, part, by);) parts.push_back(part);
    if (!text.empty() && text.back() == by) parts.emplace_back();
    return parts;
}

static string answer(const std::vector<string>& said) {
    if (said.at(0) == "signature") {
        need(is_signed(decode(said.at(2)), decode(said.at(3)), decode(said.at(1))), "not by this key");
        return "{}";
    }
    const auto roots = split(said.at(1), ' ');
    json asked = {{"app", said.at(2)}};
    if (!said.back().empty()) asked["device"] = said.back();
    if (said[0] == "lease" || said[0] == "licence") {
        asked["code"] = said.at(3), asked["machine_code"] = said.at(4);
        const auto clock = std::stod(said.at(6)), latest = std::stod(said.at(7));
        const auto says = said[0] == "lease" ? check_lease(roots, said.at(5), asked, clock, latest)
                                             : check_licence(roots, decode(said.at(5)), asked, clock, latest);
        return says["answer"].dump();
    }
    asked["nonce"] = said.at(4), asked["code"] = said.at(5), asked["machine_code"] = said.at(6);
    const auto moment = std::max(std::stod(said.at(10)), std::stod(said.at(11)));
    return check(roots, parse(said.at(9)), said[3], asked, said[7], std::stol(said[8]), moment)["answer"].dump();
}

int main() {
    for (string line; std::getline(std::cin, line);) {
        try {
            std::cout << "yes " + answer(split(line, '\x1f')) + "\n";
        } catch (const std::exception&) {
            std::cout << "no\n";
        }
    }
}
