package io.tidemark.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a reload changes; what is changed is in both lists.
 *
 * @param stop names
 * @param start names
 */
record PlanChange(List<String> stop, List<String> start) {

  static <P> PlanChange between(Map<String, P> before, Map<String, P> after) {
    return new PlanChange(missingOrOther(before, after), missingOrOther(after, before));
  }

  private static <P> List<String> missingOrOther(Map<String, P> of, Map<String, P> in) {
    List<String> names = new ArrayList<>();
    of.forEach(
        (name, plan) -> {
          if (!plan.equals(in.get(name))) {
            names.add(name);
          }
        });
    return names;
  }
}
