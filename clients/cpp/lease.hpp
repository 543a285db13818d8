// What is kept on the machine, its id and the lease for a start without network: goes beside kami.hpp.
#pragma once
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "proof.hpp"

namespace kami {
namespace fs = std::filesystem;

inline fs::path file(const string& name) { // in the folder of your app
    for (const auto folder : {"APPDATA", "XDG_CONFIG_HOME"})
        if (const auto config = std::getenv(folder); config && *config) return fs::path(config) / APP / name;
    const auto home = std::getenv("HOME");
    need(home, "no home folder");
    return fs::path(home) / ".config" / APP / name;
}

inline string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

inline void write(const string& name, const string& text) { // nobody sees half of it, and nobody else any
    const auto half = file(name + "." + encode(random(9)));
    fs::create_directories(half.parent_path());
    std::ofstream out(half);
    fs::permissions(half, fs::perms::owner_read | fs::perms::owner_write);
    need(bool(out << text << std::flush), "cannot write " + half.string());
    out.close();
    fs::rename(half, file(name));
}

inline string system_id() { // of systems without the files
    string said;
#if defined(_WIN32)
    const auto from = _popen("reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64", "r");
    const auto close = _pclose;
#elif defined(__APPLE__)
    const auto from = popen("ioreg -rd1 -c IOPlatformExpertDevice", "r");
    const auto close = pclose;
#else
    const auto from = static_cast<FILE*>(nullptr);
    const auto close = std::fclose;
#endif
    for (int one; from && (one = std::fgetc(from)) != EOF;) said += char(one);
    if (from) close(from);
    return said;
}

inline string hex(const string& data) {
    string text;
    for (const unsigned char byte : data) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15];
    return text;
}

inline string machine_code() { // the same at every start, another on every machine; hashed, so it tells no more
    static const std::regex id("(?:^|REG_SZ +|\"IOPlatformUUID\" = \")([0-9A-Fa-f-]{32,36})\\b");
    const auto own = read(file("machine-id"));
    for (const auto& text : {read("/etc/machine-id"), read("/var/lib/dbus/machine-id"), system_id(), own})
        if (std::smatch found; std::regex_search(text, found, id)) return hex(hash(APP + ":" + found[1].str()));
    write("machine-id", hex(random(16))); // a container, perhaps: make an id once and keep it
    return machine_code();
}

inline double clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return double(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

inline const auto started = clock();
inline const auto since = std::chrono::steady_clock::now();
inline std::atomic<double> told{0}; // when it started, by the newest proof since

inline double passed() { // since it started, whatever is done to the clock meanwhile
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

inline double now() { // a clock that is turned back while it runs goes on nevertheless
    return std::max(clock(), std::floor((told > 0 ? told.load() : started) + passed()));
}

struct Kept {
    string proof;
    double latest = 0, proven = 0; // the latest moment seen, and that a proof told: a clock may have been wrong once

    static Kept load() {
        try {
            const auto kept = parse(read(file("licence.json")));
            return {kept.at("proof"), kept.at("latest"), kept.at("proven")};
        } catch (const std::exception&) {
            return {};
        }
    }
    void save() const {
        try {
            const std::int64_t seen = std::llround(latest), told = std::llround(proven);
            write("licence.json", json{{"proof", proof}, {"latest", seen}, {"proven", told}}.dump());
        } catch (const std::exception&) {
        } // it starts with network only, then
    }
};

inline bool is_of(const string& proof, const json& asked) { // whether a kept proof is about the card of a question
    try {
        const auto says = Jws(proof, "kami-proof+jws").payload;
        return says.at("code") == digest(says.at("nonce"), asked.at("code"));
    } catch (const std::exception&) {
        return false;
    }
}

// What is proven of an answer, which is remembered.
inline json proven(const json& said, const string& what, const json& asked, const string& body, long status) {
    auto kept = Kept::load();
    const auto moment = std::max({clock(), kept.proven, told + passed()}); // not by a clock that has been put right
    const auto says = check(ROOT_KEYS, said, "POST /api/" + what, asked, body, status, moment);
    told = says["iat"].get<double>() - passed();
    const auto& answer = says.at("answer");
    const auto is_final = status < 500 && status != 408 && status != 429;
    const auto is_given_up = answer.value("unbound", false) || answer.value("released", false);
    if (((what == "validate" && is_final) || is_given_up) && is_of(kept.proof, asked))
        kept.proof.clear(); // a mistyped code ends nothing
    if (what == "validate" && says.contains("offline_until")) kept.proof = said["proof"];
    kept.latest = std::max(clock(), says["iat"].get<double>());
    kept.proven = std::max(kept.proven, says["iat"].get<double>());
    kept.save();
    return says;
}

// What the kept proof says, if it lets this machine start.
inline json kept_lease(const string& code) {
    auto kept = Kept::load();
    kept.latest = std::max({kept.latest, kept.proven, now()});
    const json asked = {{"app", PRODUCT}, {"code", code}, {"machine_code", machine_code()}};
    auto says = check_lease(ROOT_KEYS, kept.proof, asked, clock(), kept.latest);
    kept.save();
    says["answer"].erase("renew_after"); // which may be long ago
    return says;
}
} // namespace kami
