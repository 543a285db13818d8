// How long an answer is good, and the lease or licence for a start without network: goes beside Kami.cs.
using System; using System.Diagnostics; using System.Globalization; using System.IO; using System.Text;
using System.Threading.Tasks;

public static partial class Kami {
    static double Clock() => (DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds;
    static Answer Granted(Answer answer, double at, double until) { // said at that moment, good until the other
        Func<string, DateTime> utc = moment => DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture).UtcDateTime;
        Func<string, double> left = moment =>
            (moment == null ? until : (utc(moment) - new DateTime(1970, 1, 1)).TotalSeconds) - at;
        answer.lasts = Math.Min(3600, Math.Min(until - at, left(answer.lease_until)));
        answer.askAfter = Math.Min(answer.lasts / 2, Math.Max(left(answer.renew_after), Wait));
        answer.outcome = Outcome.Granted;
        return answer;
    }
    // Asks again while the app runs, once that answer granted it: ends with the answer with which the app has to end.
    public static async Task<Answer> Watch(string code, Answer answer) {
        var running = Stopwatch.StartNew();
        for (double end = 0; answer.outcome != Outcome.Refused;) {
            var isGranted = answer.outcome == Outcome.Granted;
            if (isGranted) end = running.Elapsed.TotalSeconds + answer.lasts;
            var left = end - running.Elapsed.TotalSeconds;
            if (!isGranted && left <= 0) break;
            var pause = Math.Max(isGranted ? answer.askAfter : left / 2, Wait);
            await Task.Delay(TimeSpan.FromSeconds(pause)).ConfigureAwait(false);
            answer = await Validate(code).ConfigureAwait(false);
        }
        return answer;
    }
    public static async Task<Answer> Release(string code) { // at the end of an app whose seats are leased
        var answer = await Ask("release", code, "", 1).ConfigureAwait(false);
        if (answer.outcome == Outcome.Granted) answer.message = answer.released ? "released" : "nothing to release";
        return answer;
    }
}

public class Trust {
    readonly string[] roots;
    readonly string app, folder, file;
    readonly Stopwatch running = Stopwatch.StartNew();
    long started = Clock(), last; // when the stopwatch started: by the clock, or the last proof; 0: there was none
    // What the file says: the lease, the number that an admission told last, the latest moment seen, and the latest
    // that a proof told: a clock that was wrong once must not make certificates look old.
    string proof = "";
    long sequence, latest, proven;

    public Trust(string[] roots, string app, string folder) {
        this.roots = roots; this.app = app; this.folder = folder; file = Path.Combine(folder, "licence.json");
    }
    static long Clock() => (long)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds;
    // A clock that is turned back while it runs goes on nevertheless.
    long Now(long since) => Math.Max(Clock(), since + (long)running.Elapsed.TotalSeconds);

    void Read() {
        proof = ""; sequence = latest = proven = 0;
        try {
            var kept = KamiProof.Parse(File.ReadAllBytes(file));
            latest = KamiProof.Number(kept, "latest");
            proven = KamiProof.Number(kept, "proven");
            proof = KamiProof.Text(kept, "proof");
            sequence = KamiProof.Number(kept, "sequence");
        } catch (Exception) { } // none yet
    }
    void Write() {
        var kept = $"{{\"proof\":\"{proof}\",\"latest\":{latest},\"proven\":{proven},\"sequence\":{sequence}}}";
        try { DeviceKey.Put(file, Encoding.UTF8.GetBytes(kept), true); }
        catch (Exception) { } // then it starts with network only
    }
    DeviceKey Key() => DeviceKey.In(Path.Combine(folder, "device.json"));
    public string Sign(Asked asked) { // the header of the device, where it has a key
        Read();
        var key = Key();
        asked.device = key?.Thumbprint;
        return key?.Sign(asked, last == 0 ? Clock() : last + (long)running.Elapsed.TotalSeconds, sequence);
    }
    bool IsKept(string code) { // whether the lease is of that card
        try {
            var payload = KamiProof.Parse(KamiProof.Jws(proof, "kami-proof+jws")[1]);
            return KamiProof.Text(payload, "code") == KamiProof.Digest(KamiProof.Text(payload, "nonce"), code);
        } catch (Exception) { return false; } // there is none
    }

    public Proven Answer(Asked asked, int status, string body) { // the answer to act upon
        Read();
        asked.app = app;
        var said = KamiProof.Check(roots, asked, status, body, Math.Max(Now(last), proven));
        var isFinal = asked.route == "POST /api/validate"
            && (status == 200 || status / 100 == 4 && status != 408 && status != 429);
        if ((isFinal || said.givesUp) && IsKept(asked.code)) proof = "";
        if (isFinal && said.offline) proof = said.proof;
        last = started = said.at - (long)running.Elapsed.TotalSeconds;
        latest = Math.Max(Clock(), said.at);
        proven = Math.Max(proven, said.at);
        sequence = said.sequence ?? sequence;
        Write();
        return said;
    }
    public Proven Start(string code, string machine) { // that of the kept lease, or else of the licence
        Read();
        try { return StartBy(by => KamiProof.CheckLease(roots, proof, by, Clock(), latest), code, machine); }
        catch (Exception) { return StartBy(Licence(Path.Combine(folder, "licence.txt")), code, machine); }
    }
    public Proven Install(string path, string code, string machine) { // keeps the licence of a file, if it is for here
        Read();
        var said = StartBy(Licence(path), code, machine);
        DeviceKey.Put(Path.Combine(folder, "licence.txt"), File.ReadAllBytes(path), true);
        return said;
    }
    Func<Asked, Proven> Licence(string path) {
        var text = Encoding.GetEncoding("iso-8859-1").GetString(File.ReadAllBytes(path));
        return by => KamiProof.CheckLicence(roots, text, by, Clock(), latest);
    }
    Proven StartBy(Func<Asked, Proven> check, string code, string machine) {
        latest = Math.Max(latest, Math.Max(proven, Now(started)));
        var said = check(new Asked { app = app, code = code, machine = machine, device = Key()?.Thumbprint });
        said.at = Clock();
        Write();
        return said;
    }
}
