package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.SecretFile;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SubscriptionConninfoTest {
  private static final PostgresEndpoint SOURCE =
      PostgresEndpoint.to(new HostPort("db1", 5433), "my app", "tidemark")
          .withHosts(
              List.of(new HostPort("db1", 5433), new HostPort("db2", 5433)),
              PostgresEndpoint.Target.PRIMARY);

  @TempDir private Path directory;

  private SubscriptionConninfo withPassword(String password) throws IOException {
    Path file = Files.writeString(directory.resolve("secret"), password);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return SubscriptionConninfo.of(
        SOURCE.withUser("tidemark", new PasswordSource.PasswordFile(new SecretFile(file))), "sub");
  }

  @Test
  void holdsThePasswordAndNeverShowsIt() throws IOException {
    SubscriptionConninfo conninfo = withPassword("it's \\se cret");

    assertThat(conninfo.text()).contains("password='it\\'s \\\\se cret'");
    assertThat(conninfo.toString()).doesNotContain("cret").contains("dbname='my app'");
    assertThat(conninfo.hide("could not run CREATE … " + conninfo.literal() + " it's \\se cret"))
        .doesNotContain("cret");
  }

  @Test
  void namesAPassfileRatherThanReadingIt() {
    SubscriptionConninfo conninfo =
        SubscriptionConninfo.of(
            SOURCE.withUser(
                "tidemark", new PasswordSource.PassFile(new SecretFile(Path.of("/etc/pgpass")))),
            "sub");

    assertThat(conninfo.text())
        .startsWith("host=db1,db2 port=5433,5433")
        .contains("passfile=/etc/pgpass", "target_session_attrs=read-write")
        .isEqualTo(conninfo.toString());
  }
}
