# Writes a file for ctest that names every test case of a doctest program.
#   cmake -D PROGRAM= -D MODULE= -D LABELS=a,b -D TIMEOUT= -D OUTPUT= -P list_tests.cmake
cmake_minimum_required(VERSION 3.23)

# With those that a decorator skips: run, they fail, which is how one learns of them. skip.hpp skips with a reason.
execute_process(COMMAND ${PROGRAM} --list-test-cases --reporters=xml --no-skip
    OUTPUT_VARIABLE listing ERROR_VARIABLE errors RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} cannot list its test cases (${result}):\n${listing}${errors}")
endif()

string(REPLACE "," ";" common_labels "${LABELS}")
if(listing MATCHES "name=\"([^\"]*\\\\[^\"]*)\"")
    message(FATAL_ERROR "the test case '${CMAKE_MATCH_1}' has a backslash in its name, which doctest's filter takes away")
endif()
# What CMake's lists take for their own has another form until it is decoded below.
string(REGEX REPLACE "&(lt|gt|quot|apos|amp);" "&\\1:" listing "${listing}")
string(REPLACE ";" "&semicolon:" listing "${listing}")
string(REPLACE "[" "&open:" listing "${listing}")
string(REPLACE "]" "&close:" listing "${listing}")
string(REGEX MATCHALL "<TestCase [^\n]*/>" cases "${listing}")

set(script "")
set(seen "")
foreach(case IN LISTS cases)
    string(REGEX MATCH " name=\"([^\"]*)\"" ignored "${case}")
    set(name "${CMAKE_MATCH_1}")
    set(suite "")
    if(case MATCHES " testsuite=\"([^\"]+)\"")
        set(suite "${CMAKE_MATCH_1}")
    endif()
    string(REPLACE "&semicolon:" ";" name "${name}")
    string(REPLACE "&open:" "[" name "${name}")
    string(REPLACE "&close:" "]" name "${name}")
    string(REPLACE "&lt:" "<" name "${name}")
    string(REPLACE "&gt:" ">" name "${name}")
    string(REPLACE "&quot:" "\"" name "${name}")
    string(REPLACE "&apos:" "'" name "${name}")
    string(REPLACE "&amp:" "&" name "${name}")
    string(MD5 digest "${name}")
    if(digest IN_LIST seen)
        message(FATAL_ERROR "two test cases of ${MODULE} are named '${name}': ctest could run one of them only")
    endif()
    list(APPEND seen ${digest})

    set(labels ${common_labels} ${suite})
    list(REMOVE_DUPLICATES labels)
    # doctest takes a comma for the end of a filter.
    string(REPLACE "," "\\," filter "${name}")
    string(APPEND script
        "add_test([==[${MODULE}: ${name}]==] [==[${PROGRAM}]==] [==[--test-case=${filter}]==] --case-sensitive=true)\n"
        "set_tests_properties([==[${MODULE}: ${name}]==] PROPERTIES TIMEOUT ${TIMEOUT} SKIP_RETURN_CODE 77"
        " LABELS [==[${labels}]==]")
    if(suite STREQUAL "timing")
        string(APPEND script " RUN_SERIAL TRUE")
    endif()
    string(APPEND script ")\n")
endforeach()
file(WRITE "${OUTPUT}" "${script}")
