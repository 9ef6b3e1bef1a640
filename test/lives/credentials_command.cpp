#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "credentials/command_source.hpp"
#include "credentials_desk.hpp"
#include "descriptor.hpp"
#include "spawn.hpp"

// Passwords checked by programs of the operator's: real processes, in both forms of the protocol.

namespace couplet::lives {

using credentials::command_options;
using credentials::command_protocol;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

/// The script as command source; its notes tell how often it was started.
struct stage {
  explicit stage(command_protocol p = command_protocol::generic, std::chrono::milliseconds timeout = 20s,
                 unsigned processes = 1) {
    options.command = "/usr/bin/python3 " + script("extauth.py") + (p == command_protocol::generic ? " generic " : " ejabberd ") +
                      folder.file("notes");
    options.protocol = p;
    options.timeout = timeout;
    options.processes = processes;
    options.first_pause = 1h;
  }
  credentials_desk& desk() {
    if (!desk_) desk_ = std::make_unique<credentials_desk>(credentials::make_command_source(options).value());
    return *desk_;
  }
  std::string ask(const std::string& password) { return desk().ask(password); }
  void end() { desk_.reset(); }

  std::vector<pid_t> started() const {
    std::ifstream notes(folder.file("notes"));
    std::vector<pid_t> all;
    for (pid_t id = 0; notes >> id;) all.push_back(id);
    return all;
  }

  scratch_folder folder;
  command_options options;

 private:
  std::unique_ptr<credentials_desk> desk_;
};

bool have_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

bool is_gone(pid_t id) {
  return ::kill(id, 0) != 0 && errno == ESRCH;
}

constexpr auto both = {command_protocol::generic, command_protocol::ejabberd};

}  // namespace

TEST_CASE("command: right and wrong, one process for all questions") {
  for (const auto p : both) {
    stage s(p);
    CHECK(s.ask("secret") == "right");
    CHECK(s.ask("Secret") == "wrong");
    CHECK(s.ask("with:colons::") == "right");
    CHECK(s.ask("with:colons:") == "wrong");
    CHECK(s.ask("gr\xc3\xbc\xc3\x9f\x65") == "right");
    CHECK(s.ask("in pieces") == "right");
    CHECK(s.ask(std::string(1023, 'x')) == "wrong");
    CHECK(s.desk().ask("secret", "juliet@example.net") == "wrong");
    CHECK(s.desk().ask("secret", "romeo@example.com") == "wrong");
    CHECK(s.started().size() == 1);
    const auto c = s.desk().source->so_far();
    CHECK(c.asked == 9);
    CHECK(c.right == 4);
    CHECK(c.wrong == 5);
    CHECK(c.unavailable == 0);
  }
  CHECK_FALSE(have_children());
}

TEST_CASE("command: it gives no keys, and what must not be asked is not") {
  stage s;
  CHECK_FALSE(s.desk().source->has_keys());
  CHECK(s.desk().source->name() == "command");
  CHECK(s.desk().ask_keys() == "unavailable");
  CHECK(s.ask("x\nauth:romeo:example.net:secret") == "wrong");
  CHECK(s.desk().ask("secret", "romeo@[::1]") == "unavailable");
  CHECK(s.started().empty());
}

TEST_CASE("SECURITY 14, command: a process that ends, crashes or babbles is no wrong password, and is replaced") {
  for (const auto p : both) {
    for (const char* fault : {"ends", "crashes", "babbles", "answers twice"}) {
      INFO(fault);
      const caught_lines log;
      stage s(p);
      CHECK(s.ask("secret") == "right");
      CHECK(s.ask(fault) == "unavailable");
      CHECK(s.ask("secret") == "right");
      CHECK(s.ask("Secret") == "wrong");
      REQUIRE(s.started().size() == 2);
      CHECK(is_gone(s.started()[0]));
      CHECK(log.count(" warning what checks the passwords does not answer") == 1);
      CHECK(log.count(" info what checks the passwords answers again") == 1);
      CHECK(log.count(fault) == 0);
      CHECK(log.count("ecret") == 0);
    }
  }
}

TEST_CASE("SECURITY 14, command: no answer in time is no wrong password; the process is killed") {
  stage s(command_protocol::generic, 4s);
  CHECK(s.ask("secret") == "right");
  CHECK(s.ask("never answers") == "unavailable");
  CHECK(is_gone(s.started().at(0)));
  CHECK(s.ask("secret") == "right");
}

TEST_CASE("command: an answer too many is never taken for the next question's") {
  stage s;
  CHECK(s.ask("answers late once more") == "wrong");
  std::this_thread::sleep_for(1s);
  CHECK(s.ask("Secret") == "wrong");
  CHECK(s.started().size() == 2);
}

TEST_CASE("command: a process that was killed while nobody asked is replaced before the next question") {
  stage s;
  CHECK(s.ask("secret") == "right");
  ::kill(s.started().at(0), SIGKILL);
  while (!std::ifstream("/proc/" + std::to_string(s.started()[0]) + "/fd/0").fail()) std::this_thread::yield();
  CHECK(s.ask("secret") == "right");
  CHECK(s.started().size() == 2);
}

TEST_CASE("command: one that fails again and again is started again after pauses only") {
  stage s;
  for (const char* fault : {"ends", "ends"}) CHECK(s.ask(fault) == "unavailable");
  CHECK(s.started().size() == 2);
  for (int i = 0; i < 20; ++i) CHECK(s.ask("secret") == "unavailable");
  CHECK(s.started().size() == 2);

  stage again;
  again.options.first_pause = 1ms;
  again.options.longest_pause = 2ms;
  for (int i = 0; i < 4; ++i) {
    CHECK(again.ask("ends") == "unavailable");
    std::this_thread::sleep_for(10ms);
  }
  CHECK(again.ask("secret") == "right");
  CHECK(again.started().size() == 5);
}

TEST_CASE("command: what cannot be executed is unavailable, with the reason in the log") {
  const caught_lines log;
  const scratch_folder folder;
  const auto program = folder.file("program");
  std::ofstream(program) << "#!/nowhere/interpreter\n";
  ::chmod(program.c_str(), 0755);
  command_options o;
  o.command = program;
  credentials_desk desk(credentials::make_command_source(o).value());
  CHECK(desk.ask("secret") == "unavailable");
  CHECK(log.count("cannot be started: No such file or directory") == 1);
  CHECK_FALSE(have_children());
}

TEST_CASE("command: several processes are asked side by side") {
  stage s(command_protocol::ejabberd, 20s, 2);
  s.desk().ask_later("never answers");
  CHECK(s.ask("secret") == "right");
  CHECK(s.ask("secret") == "right");
  while (s.started().size() < 2) std::this_thread::yield();
  s.desk().source->stop();
  CHECK(s.desk().answers(1) == names{"never answers unavailable"});
}

TEST_CASE("SECURITY 13, command: too many questions at once are unavailable at once, for who asks most") {
  stage s;
  s.options.waiting = 2;
  s.desk().ask_later("never answers");
  for (int i = 0; i < 200; ++i) s.desk().ask_later("flood");
  CHECK(s.desk().answers(198) == names(198, "flood unavailable"));
  s.desk().ask_later("other", "192.0.2.2");
  CHECK(s.desk().answers(1) == names{"flood unavailable"});
  s.desk().source->stop();
  CHECK(s.desk().answers(3).size() == 3);
}

TEST_CASE("command: the environment of the process holds nothing of ours") {
  ::setenv("COUPLET_SM_SECRET", "hush", 1);
  const int leak = ::open("/dev/null", O_RDONLY);  // as a library might open it
  stage s;
  CHECK(s.ask("variables") == "right");
  CHECK(s.ask("descriptors") == "right");
  ::close(leak);
  ::unsetenv("COUPLET_SM_SECRET");
}

TEST_CASE("SECURITY 45, command: what it complains of is in the log, escaped, and no flood") {
  const caught_lines log;
  stage s;
  CHECK(s.ask("complains") == "wrong");
  CHECK(s.ask("floods") == "right");
  s.end();
  CHECK(log.count("line=\"no such \\u001b[31mdatabase\"") == 1);
  CHECK(log.count("line=\"second line\"") == 1);
  CHECK(log.count("again and again") > 10);
  CHECK(log.count("again and again") < 5000);
}

TEST_CASE("command: stopping answers what is under way, and leaves no process") {
  stage s;
  CHECK(s.ask("secret") == "right");
  s.desk().ask_later("never answers");
  s.desk().ask_later("waits");
  const auto begin = base::clock::now();
  s.desk().source->stop();
  CHECK(s.desk().answers(2).size() == 2);
  CHECK(s.ask("secret") == "unavailable");
  const auto ids = s.started();
  s.end();
  CHECK(base::clock::now() - begin < 10s);
  for (const auto id : ids) CHECK(is_gone(id));
  CHECK_FALSE(have_children());
}

TEST_CASE("command: a process begins with no signal ignored or blocked") {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t usr1;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  credentials::pipe_ends pipe;
  const auto id = credentials::spawn({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}, 0, pipe.write.get(), 2);
  REQUIRE(id.ok());
  ::waitpid(*id, nullptr, 0);
  ::pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  char text[256] = {};
  CHECK(::read(pipe.read.get(), text, sizeof text - 1) > 0);
  CHECK(std::string(text) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("command: a process dies with the thread that started it, whatever happens to us") {
  pid_t id = -1;
  std::thread([&] { id = *credentials::spawn({"/bin/sleep", "600"}, 0, 1, 2); }).join();
  int status = 0;
  CHECK(::waitpid(id, &status, 0) == id);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}

}  // namespace couplet::lives
