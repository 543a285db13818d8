// How long an answer is good, and the lease kept for a start without network: goes beside Kami.cs and KamiProof.cs.
using System; using System.Diagnostics; using System.Globalization; using System.IO;
using System.Runtime.InteropServices; using System.Threading.Tasks;

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
    readonly string app, file;
    readonly Stopwatch running = Stopwatch.StartNew();
    long started = Clock(), last; // when the stopwatch started: by the clock, or the last proof; 0: there was none
    // What the file says: the lease, the latest moment seen, and the latest that a proof told: a clock that was wrong
    // once must not make certificates look old.
    string proof = "";
    long latest, proven;

    public Trust(string[] roots, string app, string file) { this.roots = roots; this.app = app; this.file = file; }
    static long Clock() => (long)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds;
    // A clock that is turned back while it runs goes on nevertheless.
    long Now(long since) => Math.Max(Clock(), since + (long)running.Elapsed.TotalSeconds);

    void Read() {
        proof = ""; latest = proven = 0;
        try {
            var kept = KamiProof.Parse(File.ReadAllBytes(file));
            latest = KamiProof.Number(kept, "latest");
            proven = KamiProof.Number(kept, "proven");
            proof = KamiProof.Text(kept, "proof");
        } catch (Exception) { } // none yet
    }
    [DllImport("libc", SetLastError = true)] static extern int chmod(string path, int mode);
    void Write() {
        var written = file + "." + Process.GetCurrentProcess().Id;
        try {
            Directory.CreateDirectory(Path.GetDirectoryName(file));
            File.WriteAllText(written, "");
            if (Path.DirectorySeparatorChar == '/') chmod(written, 384); // 0600
            File.WriteAllText(written, $"{{\"proof\":\"{proof}\",\"latest\":{latest},\"proven\":{proven}}}");
            if (File.Exists(file)) File.Replace(written, file, null); else File.Move(written, file);
        } catch (Exception) { } // then it starts with network only
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
        Write();
        return said;
    }
    public Proven Start(string code, string machine) { // that of the kept lease
        Read();
        latest = Math.Max(latest, Math.Max(proven, Now(started)));
        var said = KamiProof.CheckLease(roots, proof, app, code, machine, Clock(), latest);
        said.at = Clock();
        Write();
        return said;
    }
}
